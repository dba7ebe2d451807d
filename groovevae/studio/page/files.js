/** The user's MIDI files: opened, dropped, read again with other choices; starts and corners of the pad. */

import { addFile, readFile } from "./api.js";
import { $ } from "./controls.js";
import { isFile, storage, toChoices } from "./state.js";

export class Files {
  /** `onAdd(reads, isCorner)` tells of a new corner, or of the files of a new start, `onError(error)` of one that cannot be read. */
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
  async read(id, choices = {}, together = []) {
    const wanted = { ...toChoices(choices), together };
    let read;
    try {
      read = await readFile(id, wanted);
    } catch (error) {
      const again = [id, ...together].filter((one) => this.dropped.has(one));
      if (error.status !== 404 || !again.length) throw error;
      for (const one of again) await addFile(this.dropped.get(one), this.model.limits.file_bytes); // the studio was started anew
      read = await readFile(id, wanted);
    }
    this.know(read);
    return read;
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
        const read = await addFile(file, this.model.limits.file_bytes);
        this.know(read);
        this.dropped.set(read.id, file);
        reads.push(read);
      } catch (error) {
        error.message = error.message.replace(`${file.name}.mid:`, `${file.name}:`); // what is no MIDI file is not called one
        this.onError(error);
        if (!isCorner) return;
      }
    }
    if (isCorner) reads.forEach((read) => this.onAdd([read], true));
    else if (reads.length) this.onAdd(reads, false);
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
