// The lines above the graph: what is wrong, what is new, and what is left out of the picture.

import { byId, element } from "./dom.js";
import { moment } from "./words.js";

// Notes of what is no trouble.
const QUIET = new Set(["new", "left-out"]);

/** Show a line above the graph, or take it away. */
export function note(name, ...content) {
  const there = document.querySelector(`[data-note="${name}"]`);
  const parts = content.filter(Boolean);
  if (!parts.length) return void there?.remove();
  const quiet = QUIET.has(name);
  const made = element("div", { class: quiet ? "note" : "note trouble", "data-note": name, role: quiet ? "status" : "alert" }, ...parts);
  if (there?.textContent === made.textContent) return; // a screen reader has read it
  if (there) there.replaceWith(made);
  else byId("notes").prepend(made);
}

/** Show what there is to say of a graph. */
export function tell(graph) {
  const seen = graph.seen_at ? `What is shown is as of ${moment(graph.seen_at)}. ` : "";
  note("error", ...(graph.error ? [element("strong", {}, "The dodo.py can't be loaded."),
    element("span", {}, `${seen}The page goes on by itself when it can be loaded again.`), element("pre", {}, graph.error)] : []));
  const isNew = graph.total && !graph.store && !graph.error;
  note("new", isNew ? element("span", {}, "Nothing is built yet. Type ", element("code", {}, "doit"), " in the project's folder; this page follows it.") : "");
  leftOut(graph);
}

/** Say what is left out of the picture, and let those insist who can have it. */
function leftOut({ files, left_out: left }) {
  const box = byId("files");
  const had = document.activeElement;
  box.checked = files;
  box.disabled = Boolean(left?.files && !left.can_be_shown);
  note("left-out", ...(left ? [element("span", { id: "left-out" }, left.words), left.can_be_shown ? insist(box) : null] : []));
  if (had && had !== document.body && !had.isConnected) box.focus({ preventScroll: true });
  if (box.disabled && had === box) byId("search").focus();
}

const insist = (box) =>
  element("button", { type: "button", click: () => box.click() }, "Show the files all the same");
