/** What can be taken away of a take: files, the command that makes it again, a link. */

import { $, make } from "./controls.js";
import { say } from "./messages.js";

const KINDS = ["mid", "wav", "ogg", "zip"];
const NOTE = 1600; // milliseconds

const link = (element, href, download) => Object.assign(element, { href, download });

/** Sets where everything of a piece can be had. */
export function offer(piece) {
  const base = `/api/pieces/${piece.id}`;
  for (const kind of KINDS) link($(`get-${kind}`), `${base}.${kind}`, `${piece.name}.${kind}`);
  $("by-role").replaceChildren(...Object.keys(piece.roles).map((role) => roleRow(piece, base, role)));
  $("command").value = piece.command;
}

function roleRow(piece, base, role) {
  const button = (text, path, suffix) => {
    const element = make("a", { className: "button", textContent: text, aria: { label: `${role}, ${text}` } });
    return link(element, `${base}/${path}/${role}.${suffix}`, `${piece.name}-${role}.${suffix}`);
  };
  const name = make("span", { textContent: role });
  return make("div", { data: { role } }, make("i", { className: "dot" }), name, button("MIDI", "midi", "mid"), button("WAV", "stems", "wav"));
}

export function bindAway() {
  $("copy-command").addEventListener("click", () => copy($("command").value, $("copy-command")));
  $("copy-link").addEventListener("click", () => copy(location.href, $("copy-link")));
  $("get-mid").addEventListener("dragstart", (event) => {
    const { href, download } = $("get-mid");
    event.dataTransfer.setData("DownloadURL", `audio/midi:${download}:${href}`); // Chromium's own, for file managers
  });
}

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    say("Copied");
  } catch {
    button.textContent = "The browser refuses: select and copy it";
  }
  setTimeout(() => (button.textContent = before), NOTE);
}
