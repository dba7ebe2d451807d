/** The user's MIDI files and folders: opened, dropped, read again with other choices; starts and corners of the pad. */

import { addFile, addFolder, readFile, readFolder, StudioError } from "./api.js";
import { $ } from "./controls.js";
import { chosenFolder, dropped, folderOf } from "./folders.js";
import { note } from "./messages.js";
import { isFile, isFolder, isOwn, storage, toChoices } from "./state.js";

export class Files {
  /** `onAdd(reads, isCorner)` tells of a new corner, or of the files of a new start, `onError(error)` of one that cannot be read. */
  constructor(model, { onAdd, onError }) {
    Object.assign(this, { model, onAdd, onError, reads: new Map(), dropped: new Map() });
    $("open").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", () => {
      this.#add([...$("file").files], false);
      $("file").value = "";
    });
    $("open-folder").addEventListener("click", () => $("folder").click());
    $("folder").addEventListener("change", () => {
      const folder = chosenFolder([...$("folder").files]);
      $("folder").value = "";
      if (folder) this.#addFolders([() => folder]);
      else this.onError(new StudioError("There is no file in that folder; choose one with MIDI files.", 422));
    });
    this.#bindDrop();
  }

  name(word) {
    const name = this.reads.get(word)?.name ?? storage.get("files", {})[word];
    if (isFolder(word)) return this.model.genres.some((genre) => genre.name === name) ? `${name}/` : name ?? "a folder"; // as the command line tells them apart
    return name ?? (isFile(word) ? "a file" : word);
  }

  /** Reads a file again with a person's choices, or a folder; answers what was read. */
  async read(id, choices = {}, together = []) {
    const ask = () => (isFolder(id) ? readFolder(id) : readFile(id, { ...toChoices(choices), together }));
    let read;
    try {
      read = await ask();
    } catch (error) {
      const again = [id, ...together].filter((one) => this.dropped.has(one));
      if (error.status !== 404 || !again.length) throw error;
      for (const one of again) await this.#send(this.dropped.get(one)); // the studio was started anew
      read = await ask();
    }
    this.know(read);
    return read;
  }

  /** Reads the files and folders that a state names. Those that are gone leave it: their parts are taken from `first`, and a line tells of them. */
  async readAll(state, first) {
    let line = "";
    for (const word of new Set([state.start, ...state.corners].filter(isOwn))) {
      try {
        await (word === state.start ? this.read(word, state.choices, state.together) : this.read(word));
      } catch (error) {
        if (error.status === 0) throw error;
        line = `${this.name(word)} is no longer here: drop it once more.`;
        state.corners = state.corners.filter((one) => one !== word);
        if (!state.corners.length) state.corners = first.corners;
        if (state.start === word) Object.assign(state, { start: first.start, bars: first.bars, choices: first.choices, together: [] });
      }
    }
    return line;
  }

  know(read) {
    this.reads.set(read.id, read);
    storage.set("files", Object.fromEntries([...this.reads].map(([id, one]) => [id, one.name])));
  }

  /** Takes files: corners of the pad, or a start, in which several sound together. */
  async #add(files, isCorner) {
    const reads = [];
    for (const file of files) {
      try {
        reads.push(await this.#send(file));
      } catch (error) {
        error.message = error.message.replace(`${file.name}.mid:`, `${file.name}:`); // what is no MIDI file is not called one
        this.onError(error);
        if (!isCorner) return;
      }
    }
    if (isCorner) reads.forEach((read) => this.onAdd([read], true));
    else if (reads.length) this.onAdd(reads, false);
  }

  /** Takes folders, each a corner of the pad; `finders` answer the MIDI files in one each. */
  async #addFolders(finders) {
    for (const find of finders) {
      note("reading…");
      try {
        const read = await this.#send(await find());
        note("");
        this.onAdd([read], true);
      } catch (error) {
        note("");
        this.onError(error);
      }
    }
  }

  /** Sends a file or a folder to the studio; answers what was read of it. */
  async #send(what) {
    const { limits } = this.model;
    const read = await (what instanceof File ? addFile(what, limits.file_bytes) : addFolder(what, limits));
    this.know(read);
    this.dropped.set(read.id, what);
    return read;
  }

  #bindDrop() {
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    let depth = 0; // dragenter and dragleave come for each element on the way
    const shade = (by) => {
      depth = by ? Math.max(depth + by, 0) : 0;
      $("drop").hidden = !depth;
    };
    addEventListener("dragenter", (event) => hasFiles(event) && shade(1));
    addEventListener("dragleave", (event) => hasFiles(event) && shade(-1));
    addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      shade(0);
      const isCorner = $("pad").contains(event.target), { files, folders } = dropped(event.dataTransfer);
      this.#add(files, isCorner);
      if (isCorner) this.#addFolders(folders.map((entry) => () => folderOf(entry)));
      else if (folders.length) this.onError(new StudioError(`${folders[0].name} is a folder: drop it on the pad to blend towards it. To start from stems in it, drop the files themselves.`, 422));
    });
  }
}
