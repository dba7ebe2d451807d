-- Blends the selected MIDI item towards a genre with a groove studio that runs on this machine ("groove studio").
-- The role that the item plays is replaced in it; the other roles of the blend come in on new tracks. One step to undo.
--
-- Install: Actions > Show action list > New action > Load ReaScript, and choose this file. It needs curl, which Windows,
-- macOS and nearly all Linux systems have. Set ADDRESS where the studio says another one.

local ADDRESS = "http://127.0.0.1:8765"
local SECONDS = 60 -- that an answer may take
local PPQ = 960 -- ticks of a quarter note in the file that is sent
local ROLES = { "drums", "bass", "chords", "lead" }
local DRUM_CHANNEL = 9

-- JSON: just enough to read the studio's answers ---------------------------------------------------------------------

local read_value

local function skip(text, at)
  return text:find("%S", at) or #text + 1
end

local function read_string(text, at)
  local parts, from = {}, at + 1
  while true do
    local stop = text:find('["\\]', from)
    if not stop then error("a text without an end") end
    parts[#parts + 1] = text:sub(from, stop - 1)
    if text:sub(stop, stop) == '"' then return table.concat(parts), stop + 1 end
    local code = text:match("^u(%x%x%x%x)", stop + 1)
    parts[#parts + 1] = code and utf8.char(tonumber(code, 16)) or text:sub(stop + 1, stop + 1)
    from = stop + (code and 6 or 2)
  end
end

local function read_many(text, at, close, read_one)
  local found = {}
  at = skip(text, at + 1)
  while text:sub(at, at) ~= close do
    at = skip(text, read_one(found, at))
    if text:sub(at, at) == "," then at = skip(text, at + 1) end
    if at > #text then error("a list without an end") end
  end
  return found, at + 1
end

function read_value(text, at)
  at = skip(text, at)
  local first = text:sub(at, at)
  if first == '"' then return read_string(text, at) end
  if first == "[" then
    return read_many(text, at, "]", function(found, from)
      local value, after = read_value(text, from)
      found[#found + 1] = value
      return after
    end)
  end
  if first == "{" then
    return read_many(text, at, "}", function(found, from)
      local name, colon = read_string(text, from)
      local value, after = read_value(text, skip(text, colon) + 1)
      found[name] = value
      return after
    end)
  end
  local word = text:match("^[%w%.%+%-]+", at) or error("no value")
  return ({ ["true"] = true, ["false"] = false })[word] or tonumber(word), at + #word
end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(sign) return string.format("\\u%04x", sign:byte()) end) .. '"'
end

-- The studio ---------------------------------------------------------------------------------------------------------

local function read_all(path)
  local file = assert(io.open(path, "rb"))
  local data = file:read("a")
  file:close()
  return data
end

local function write_all(path, data)
  local file = assert(io.open(path, "wb"))
  file:write(data)
  file:close()
end

-- Sends data, and returns what the studio answers; its own line where it refuses.
local function post(path, kind, data)
  local sent, received = os.tmpname(), os.tmpname()
  write_all(sent, data)
  local command = string.format(
    'curl -s -H "Content-Type: %s" --data-binary "@%s" -o "%s" "%s%s"', kind, sent, received, ADDRESS, path)
  local answer = reaper.ExecProcess(command, SECONDS * 1000)
  local text = read_all(received)
  os.remove(sent)
  os.remove(received)
  if not answer or answer:match("^%d+") ~= "0" or text == "" then
    error("the studio does not answer at " .. ADDRESS .. "; start it with: groove studio", 0)
  end
  local value = read_value(text, 1)
  if value.error then error(value.error, 0) end
  return value
end

-- A MIDI file of the item's notes ------------------------------------------------------------------------------------

local function quantity(value) -- seven bits in a byte, as MIDI files write numbers
  local bytes = string.char(value & 0x7F)
  value = value >> 7
  while value > 0 do
    bytes = string.char(0x80 | value & 0x7F) .. bytes
    value = value >> 7
  end
  return bytes
end

local function meta(kind, data)
  return string.char(0xFF, kind) .. quantity(#data) .. data
end

-- notes: {onset, ending, channel, pitch, velocity}, times in quarter notes from the item's start
local function midi_file(notes, name, quarters, tempo, numerator, denominator)
  local events = {
    { 0, 0, meta(0x03, name) },
    { 0, 0, meta(0x51, string.pack(">I3", math.floor(60e6 / tempo + 0.5))) },
    { 0, 0, meta(0x58, string.char(numerator, math.floor(math.log(denominator, 2) + 0.5), 24, 8)) },
  }
  for _, note in ipairs(notes) do
    local on, off = math.floor(note[1] * PPQ + 0.5), math.floor(note[2] * PPQ + 0.5)
    events[#events + 1] = { on, 2, string.char(0x90 | note[3], note[4], note[5]) }
    events[#events + 1] = { math.max(off, on + 1), 1, string.char(0x80 | note[3], note[4], 64) }
  end
  for index, event in ipairs(events) do event[4] = index end
  table.sort(events, function(one, other)
    if one[1] ~= other[1] then return one[1] < other[1] end
    if one[2] ~= other[2] then return one[2] < other[2] end -- notes end before others begin
    return one[4] < other[4]
  end)
  local parts, now = {}, 0
  for _, event in ipairs(events) do
    parts[#parts + 1] = quantity(event[1] - now) .. event[3]
    now = event[1]
  end
  parts[#parts + 1] = quantity(math.max(math.floor(quarters * PPQ + 0.5) - now, 0)) .. meta(0x2F, "")
  local body = table.concat(parts)
  return "MThd" .. string.pack(">I4I2I2I2", 6, 0, 1, PPQ) .. "MTrk" .. string.pack(">I4", #body) .. body
end

-- REAPER -------------------------------------------------------------------------------------------------------------

local function notes_of(take, begin)
  local notes = {}
  local _, count = reaper.MIDI_CountEvts(take)
  for index = 0, count - 1 do
    local _, _, muted, from, to, channel, pitch, velocity = reaper.MIDI_GetNote(take, index)
    local onset = reaper.MIDI_GetProjQNFromPPQPos(take, from) - begin
    local ending = reaper.MIDI_GetProjQNFromPPQPos(take, to) - begin
    if not muted and onset >= 0 then notes[#notes + 1] = { onset, ending, channel, pitch, velocity } end
  end
  return notes
end

local function put(take, rows, begin, role)
  for _, row in ipairs(rows) do
    local from = reaper.MIDI_GetPPQPosFromProjQN(take, begin + row[1])
    local to = reaper.MIDI_GetPPQPosFromProjQN(take, begin + row[1] + row[2])
    local channel = role == "drums" and DRUM_CHANNEL or 0
    reaper.MIDI_InsertNote(take, false, false, from, to, channel, row[3], row[4], true)
  end
  reaper.MIDI_Sort(take)
end

local function new_take(after, role, from, to)
  local index = math.floor(reaper.GetMediaTrackInfo_Value(after, "IP_TRACKNUMBER"))
  reaper.InsertTrackAtIndex(index, true)
  local track = reaper.GetTrack(0, index)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", "groove " .. role, true)
  return reaper.GetActiveTake(reaper.CreateNewMIDIItemInProj(track, from, to, false)), track
end

-- The role that most of a file's notes play.
local function role_of(file)
  local counts, most = {}, ROLES[1]
  for _, track in ipairs(file.tracks) do
    for role, count in pairs(track.roles) do counts[role] = (counts[role] or 0) + count end
  end
  for _, role in ipairs(ROLES) do
    if (counts[role] or 0) > (counts[most] or 0) then most = role end
  end
  return most
end

local function blend()
  local item = reaper.GetSelectedMediaItem(0, 0)
  local take = item and reaper.GetActiveTake(item)
  if not take or not reaper.TakeIsMIDI(take) then error("select a MIDI item first", 0) end
  local ok, given = reaper.GetUserInputs("Blend with groove", 3, "Genre,Amount (0 to 1),Seed", "rock,0.5,0")
  if not ok then return end
  local genre, amount, seed = given:match("^%s*(.-)%s*,%s*([%d%.]+)%s*,%s*(%d+)%s*$")
  if not genre then error("write a genre, an amount like 0.5, and a seed like 0", 0) end

  local from = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
  local to = from + reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
  local begin, ending = reaper.TimeMap2_timeToQN(0, from), reaper.TimeMap2_timeToQN(0, to)
  local numerator, denominator, tempo = reaper.TimeMap_GetTimeSigAtTime(0, from)
  local track = reaper.GetMediaItem_Track(item)
  local _, name = reaper.GetTrackName(track)
  local notes = notes_of(take, begin)
  if #notes == 0 then error("the item has no notes", 0) end

  local data = midi_file(notes, name, ending - begin, tempo, numerator, denominator)
  local file = post("/api/files?name=item.mid", "audio/midi", data)
  local request = string.format('{"start": %s, "targets": {%s: 1}, "amount": %s, "seed": %s}',
    quoted(file.id), quoted(genre), amount, seed)
  local piece = post("/api/pieces", "application/json", request).pieces[1]

  reaper.Undo_BeginBlock()
  local own = role_of(file)
  local _, count = reaper.MIDI_CountEvts(take)
  for index = count - 1, 0, -1 do reaper.MIDI_DeleteNote(take, index) end
  put(take, piece.roles[own] or {}, begin, own)
  for _, role in ipairs(ROLES) do
    if role ~= own and piece.roles[role] then
      local other
      other, track = new_take(track, role, from, to)
      put(other, piece.roles[role], begin, role)
    end
  end
  reaper.UpdateArrange()
  reaper.Undo_EndBlock("Blend with groove: " .. piece.description, -1)
end

local ok, problem = pcall(blend)
if not ok then reaper.ShowMessageBox(tostring(problem), "groove", 0) end
