/** Talks to the studio's HTTP API. Every failure is a StudioError whose message is one line for the user. */

export class StudioError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status; // of HTTP; 0 where there was no answer
  }
}

const GONE = "The studio does not answer. Start “groove studio” again: this page goes on where it was.";

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new StudioError(GONE, 0);
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new StudioError(told.error ?? `The studio answered ${answer.status}.`, answer.status);
}

async function post(path, fields, signal) {
  const body = JSON.stringify(fields);
  return (await ask(path, { method: "POST", headers: { "content-type": "application/json" }, body, signal })).json();
}

export const getModel = async () => (await ask("/api/model")).json();

/** Uploads a File; answers what was read of it. */
export async function addFile(file, limit) {
  if (file.size > limit) throw new StudioError(`${file.name} is larger than ${limit >> 20} MiB; choose a smaller MIDI file.`, 413);
  const headers = { "content-type": "audio/midi" };
  return (await ask(`/api/files?name=${encodeURIComponent(file.name)}`, { method: "POST", headers, body: file })).json();
}

export const readFile = (id, choices) => post(`/api/files/${id}`, choices);

/** Uploads the MIDI files of a folder, { name, files: [{ path, file }] }; answers what was read of them. */
export async function addFolder({ name, files }, limits) {
  const size = files.reduce((sum, { file }) => sum + file.size, 0);
  const most = `at most ${limits.folder_files} in a folder, and ${limits.folder_bytes >> 20} MiB, can be read. “groove genre add” takes more.`;
  if (files.length > limits.folder_files) throw new StudioError(`${name} holds ${files.length} MIDI files; ${most}`, 413);
  if (size > limits.folder_bytes) throw new StudioError(`${name} holds ${Math.ceil(size / 2 ** 20)} MiB of MIDI files; ${most}`, 413);
  const coded = await Promise.all(files.map(async ({ path, file }) => [path, await inBase64(file)]));
  return post("/api/folders", { name, files: Object.fromEntries(coded) });
}

const inBase64 = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(file.size ? reader.result.slice(reader.result.indexOf(",") + 1) : "");
  reader.onerror = () => reject(new StudioError(`${file.name} cannot be read: ${reader.error.message}`, 422));
  reader.readAsDataURL(file);
});

export const readFolder = async (id) => (await ask(`/api/folders/${id}`)).json();

/** Makes a piece. The sound of a stretch of it, { first, quarters }, is begun at once where it will be asked for next. */
export const makePiece = async (request, signal, soon) => (await post(`/api/pieces${inQuery(soon)}`, request, signal)).pieces[0];
/** Makes a file of a new phrase of a genre; answers what was read of it. */
export const makePhrase = (fields) => post("/api/phrases", fields);

export const pieceAsFile = (id) => post(`/api/pieces/${id}/file`, {});
export const keepPiece = (id) => post(`/api/pieces/${id}/kept`, {});

/** The sound of a role as a loop: a WAV file. */
export const getLoop = async (id, role, signal) => (await ask(`/api/pieces/${id}/loops/${role}.wav`, { signal })).arrayBuffer();

/** The sound of a stretch of all roles, one after another: 16-bit samples, left and right in turn. */
export async function getStretch(id, stretch, signal) {
  return new Int16Array(await (await ask(`/api/pieces/${id}/loops.pcm${inQuery(stretch)}`, { signal })).arrayBuffer());
}

const inQuery = (stretch) => (stretch ? `?from=${stretch.first}&quarters=${stretch.quarters}` : "");
