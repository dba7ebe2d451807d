/** The user's MIDI files: opened, dropped, read again with other choices; starts and corners of the pad. */

import { addFile, readFile } from "./api.js";
import { $ } from "./controls.js";
import { isFile, storage } from "./state.js";

export class Files {
  /** `onAdd(read, isCorner)` tells of a new file, `onError(error)` of one that cannot be read. */
  constructor(model, { onAdd, onError }) {
    Object.assign(this, { model, onAdd, onError, reads: new Map(), dropped: new Map() });
    $("open").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", () => {
      this.#add([...$("file").files], false);
      $("file").value = "";
    });
    this.#bindDrop();
  }

  name(word) {
    return this.reads.get(word)?.name ?? storage.get("files", {})[word] ?? (isFile(word) ? "a file" : word);
  }

  /** Reads a file again with a person's choices; answers what was read. */
  async read(id, choices = {}) {
    const { roles = {}, metre, beats } = choices;
    const wanted = { roles, ...(metre && { metre }), ...(beats && { beats }) };
    let read;
    try {
      read = await readFile(id, wanted);
    } catch (error) {
      if (error.status !== 404 || !this.dropped.has(id)) throw error;
      await addFile(this.dropped.get(id), this.model.limits.file_bytes); // the studio was started anew
      read = await readFile(id, wanted);
    }
    this.know(read);
    return read;
  }

  know(read) {
    this.reads.set(read.id, read);
    storage.set("files", Object.fromEntries([...this.reads].map(([id, one]) => [id, one.name])));
  }

  async #add(files, isCorner) {
    for (const file of files) {
      try {
        const read = await addFile(file, this.model.limits.file_bytes);
        this.know(read);
        this.dropped.set(read.id, file);
        this.onAdd(read, isCorner);
      } catch (error) {
        this.onError(error);
      }
    }
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
      this.#add([...event.dataTransfer.files], $("pad").contains(event.target));
    });
  }
}
