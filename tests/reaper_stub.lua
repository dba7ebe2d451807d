-- Stands for REAPER: one selected MIDI item of four bars at 120 bpm. Runs the script, then prints what it has done.
-- Arguments: the script, the answer to its dialog, the studio's address.

local PPQ = 480
local item = { position = 2.0, length = 8.0 }
local takes, tracks, box = {}, {}, nil

local function new_take()
  takes[#takes + 1] = { notes = {} }
  return takes[#takes]
end

local first = { name = "Bass", number = 1 }
tracks[1], item.take, item.track = first, new_take(), first
for beat = 0, 15 do
  local from = (4 + beat) * PPQ
  item.take.notes[#item.take.notes + 1] = { from, from + PPQ, 0, ({ 36, 43, 41, 43 })[beat // 4 + 1], 100 }
end

reaper = {
  GetSelectedMediaItem = function() return item end,
  GetActiveTake = function(one) return one.take end,
  TakeIsMIDI = function() return true end,
  GetUserInputs = function() return true, arg[2] end,
  GetMediaItemInfo_Value = function(one, name) return name == "D_POSITION" and one.position or one.length end,
  TimeMap2_timeToQN = function(_, seconds) return seconds * 2 end,
  TimeMap_GetTimeSigAtTime = function() return 4, 4, 120.0 end,
  GetMediaItem_Track = function(one) return one.track end,
  GetTrackName = function(track) return true, track.name end,
  MIDI_CountEvts = function(take) return true, #take.notes, 0, 0 end,
  MIDI_GetNote = function(take, index)
    local note = take.notes[index + 1]
    return true, false, false, note[1], note[2], note[3], note[4], note[5]
  end,
  MIDI_GetProjQNFromPPQPos = function(_, ppq) return ppq / PPQ end,
  MIDI_GetPPQPosFromProjQN = function(_, quarter) return quarter * PPQ end,
  MIDI_DeleteNote = function(take, index) table.remove(take.notes, index + 1) end,
  MIDI_InsertNote = function(take, _, _, from, to, channel, pitch, velocity)
    take.notes[#take.notes + 1] = { from, to, channel, math.tointeger(pitch), math.tointeger(velocity) }
  end,
  MIDI_Sort = function() end,
  GetMediaTrackInfo_Value = function(track) return track.number + 0.0 end,
  InsertTrackAtIndex = function(index) table.insert(tracks, index + 1, { number = index + 1 }) end,
  GetTrack = function(_, index) return tracks[index + 1] end,
  GetSetMediaTrackInfo_String = function(track, _, name) track.name = name end,
  CreateNewMIDIItemInProj = function(track)
    track.take = new_take()
    return { take = track.take }
  end,
  ExecProcess = function(command)
    local pipe = io.popen(command)
    local output = pipe:read("a")
    local _, _, status = pipe:close()
    return status .. "\n" .. output
  end,
  ShowMessageBox = function(text) box = text end,
  UpdateArrange = function() end,
  Undo_BeginBlock = function() end,
  Undo_EndBlock = function(name) print("undo", name) end,
}

first.take = item.take
local file = assert(io.open(arg[1]))
local source = file:read("a"):gsub("http://127%.0%.0%.1:8765", arg[3])
file:close()
assert(load(source, "@" .. arg[1]))()
if box then print("box", box) end
for _, track in ipairs(tracks) do
  for _, note in ipairs(track.take.notes) do
    print("note", track.name, note[1] / PPQ, note[3], note[4], note[5])
  end
end
