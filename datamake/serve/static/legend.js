// How many stages stand how; a state that is pressed is what is looked for.

import { byId, element, glyph } from "./dom.js";
import { classOf, counted, ORDER } from "./words.js";

export class Legend {
  /** `changed` is called when other states are wanted. */
  constructor(changed) {
    this.place = byId("legend");
    this.wanted = new Set();
    this.changed = changed;
    this.place.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-state]");
      if (chip) this.#toggle(chip.dataset.state);
    });
  }

  /** Show counts by state. */
  show(counts) {
    const states = ORDER.filter((state) => counts[state] || this.wanted.has(state));
    const focused = this.place.contains(document.activeElement) ? document.activeElement.dataset.state : null;
    this.place.replaceChildren(...states.map((state) => element("li", {}, this.#chip(state, counts[state] ?? 0))));
    if (focused) this.place.querySelector(`[data-state="${CSS.escape(focused)}"]`)?.focus();
    this.counts = counts;
  }

  #chip(state, count) {
    const pressed = String(this.wanted.has(state));
    return element("button", { type: "button", class: `chip ${classOf(state)}`, "data-state": state, "aria-pressed": pressed },
      glyph(state), element("b", {}, counted(count)), ` ${state}`);
  }

  #toggle(state) {
    if (!this.wanted.delete(state)) this.wanted.add(state);
    const chip = this.place.querySelector(`[data-state="${CSS.escape(state)}"]`);
    chip.setAttribute("aria-pressed", String(this.wanted.has(state)));
    this.changed();
  }
}
