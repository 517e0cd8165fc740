// Finds stages by a part of their name.

import { json } from "./api.js";
import { byId, element, glyph } from "./dom.js";
import { classOf, several, shown } from "./words.js";

const PAUSE_MILLISECONDS = 120;
const MOST = 30;

export class Search {
  /** `jump` is called with the stage to be shown, `typed` with what is looked for. */
  constructor({ jump, typed }) {
    this.box = byId("search");
    this.list = byId("found");
    this.jump = jump;
    this.typed = typed;
    this.stages = [];
    this.at = -1;
    this.turn = 0;
    this.asked = Promise.resolve();
    this.box.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(), PAUSE_MILLISECONDS);
    });
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("focus", () => this.box.value && this.look());
    this.box.addEventListener("blur", () => this.#open(false));
    // A press on the list must not take the focus away before the click arrives.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  focus() {
    this.box.focus();
    this.box.select();
  }

  /** Look for what is typed. */
  look() {
    this.asked = this.#look();
    return this.asked;
  }

  async #look() {
    clearTimeout(this.timer);
    const text = this.box.value.trim();
    const turn = ++this.turn;
    this.wanted = text;
    this.typed(text);
    if (!text) return void this.#open(false);
    let said = "";
    let found = { stages: [], total: 0 };
    try {
      found = await json(`/api/stages?limit=${MOST}&search=${encodeURIComponent(text)}`);
    } catch (error) {
      said = error.message;
    }
    if (turn !== this.turn) return;
    this.stages = found.stages;
    this.at = found.stages.length ? 0 : -1;
    const items = found.stages.map((stage, i) => this.#item(stage, i));
    const left = found.total - found.stages.length;
    if (!items.length) said = said || "No stage has that in its name";
    else if (left > 0) said = `and ${several(left, "stage")} more`;
    if (said) items.push(element("li", { class: "none" }, said));
    this.list.replaceChildren(...items);
    this.#open(document.activeElement === this.box);
    this.#mark();
  }

  #item(stage, i) {
    return element("li", { id: `found-${i}`, role: "option", class: classOf(stage.state), click: () => this.#take(stage) },
      glyph(stage.state), element("span", { class: "name" }, shown(stage.name)), element("span", { class: "why" }, stage.state));
  }

  async #key(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.stages.length) return;
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.stages.length) % this.stages.length;
      this.#open(true);
      this.#mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.wanted !== this.box.value.trim()) this.look();
      await this.asked;
      if (this.stages[this.at]) this.#take(this.stages[this.at]);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.box.value = "";
      this.look();
      this.box.blur();
    }
  }

  #take(stage) {
    this.box.value = "";
    this.look();
    this.box.blur();
    this.jump(stage.name, stage.group);
  }

  #mark() {
    for (const [i, item] of [...this.list.children].entries()) {
      if (item.getAttribute("role") === "option") item.setAttribute("aria-selected", String(i === this.at));
    }
    if (this.at < 0) this.box.removeAttribute("aria-activedescendant");
    else this.box.setAttribute("aria-activedescendant", `found-${this.at}`);
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  #open(is) {
    this.list.hidden = !is;
    this.box.setAttribute("aria-expanded", String(is));
  }
}
