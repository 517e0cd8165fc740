// The same stages as a list: for small screens, screen readers, and more than a picture can show.

import { json } from "./api.js";
import { byId, element, standing } from "./dom.js";
import { counted, duration, shown, stagePath } from "./words.js";

const PAGE = 100;

export class Listing {
  /** `states` and `search` return what the list is limited to. */
  constructor({ states, search }) {
    this.states = states;
    this.search = search;
    this.rows = byId("rows");
    this.more = byId("more");
    this.shown = new Map();
    this.turn = 0;
    this.more.addEventListener("click", () => this.#load(this.shown.size));
  }

  /** Load the list anew. */
  load() {
    return this.#load(0);
  }

  /** Show how stages stand now. */
  setStates(stages) {
    for (const [name, { state }] of Object.entries(stages)) {
      this.shown.get(name)?.cells[1].replaceChildren(standing(state));
    }
  }

  async #load(offset) {
    const turn = ++this.turn;
    const query = new URLSearchParams({ limit: String(PAGE), offset: String(offset) });
    if (this.search()) query.set("search", this.search());
    for (const state of this.states()) query.append("state", state);
    let found;
    try {
      found = await json(`/api/stages?${query}`);
    } catch (error) {
      if (turn === this.turn) byId("listed").textContent = error.message;
      return;
    }
    if (turn !== this.turn) return;
    if (!offset) {
      this.shown.clear();
      this.rows.replaceChildren();
    }
    for (const stage of found.stages) {
      const row = rowOf(stage);
      this.shown.set(stage.name, row);
      this.rows.append(row);
    }
    const count = this.shown.size;
    this.more.hidden = count >= found.total;
    byId("listed").textContent = found.total ? `${counted(count)} of ${counted(found.total)} stages` : "No stage is like that.";
  }
}

function rowOf(stage) {
  return element("tr", {},
    element("td", { class: "name" }, element("a", { href: stagePath(stage.name) }, shown(stage.name))),
    element("td", {}, standing(stage.state)),
    element("td", {}, shown(stage.why)),
    element("td", { class: "number" }, stage.seconds === null ? "" : duration(stage.seconds)),
    element("td", { class: "quiet" }, shown(stage.doc)));
}
