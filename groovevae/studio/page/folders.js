/** Folders of MIDI files that the user drops or chooses: finds what the command line would read of them. */

import { StudioError } from "./api.js";

const SUFFIXES = [".mid", ".midi", ".kar", ".rmi"];
const MOST_ENTRIES = 20000; // files and folders that are looked at, before a folder is held for a wrong one

/** Tells whether a path in a folder is that of a MIDI file, and nothing on it is hidden. */
const isTune = (path) => SUFFIXES.some((suffix) => path.toLowerCase().endsWith(suffix)) && !path.split("/").some((part) => part.startsWith("."));

/** The files and the entries of folders that were dropped; to be asked for while the event lasts. */
export function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.());
  const files = items.filter((_, index) => !entries[index]?.isDirectory).map((item) => item.getAsFile());
  return { files: files.filter(Boolean), folders: entries.filter((entry) => entry?.isDirectory) };
}

/** The MIDI files of a folder that was dropped, and of those in it: { name, files: [{ path, file }] }. */
export async function folderOf(entry) {
  const files = [];
  let seen = 0;
  const walk = async (folder, within) => {
    const reader = folder.createReader();
    for (let some; (some = await new Promise((...done) => reader.readEntries(...done))).length; ) {
      if ((seen += some.length) > MOST_ENTRIES) throw new StudioError(`${entry.name} holds more than ${MOST_ENTRIES.toLocaleString("en")} files; drop a smaller folder.`, 413);
      for (const one of some) {
        const path = within + one.name;
        if (one.isDirectory && !one.name.startsWith(".")) await walk(one, `${path}/`);
        else if (one.isFile && isTune(path)) files.push({ path, file: await new Promise((...done) => one.file(...done)) });
      }
    }
  };
  try {
    await walk(entry, "");
  } catch (error) {
    throw error instanceof StudioError ? error : new StudioError(`${entry.name} cannot be read: ${error.message}`, 422);
  }
  return { name: entry.name, files };
}

/** The MIDI files of a folder that was chosen, from all files in it; null where there is none. */
export function chosenFolder(all) {
  if (!all.length) return null;
  const [name] = all[0].webkitRelativePath.split("/");
  const files = all.map((file) => ({ path: file.webkitRelativePath.slice(name.length + 1), file }));
  return { name, files: files.filter(({ path }) => isTune(path)) };
}
