// The corner that says what is running now, and what failed while the page was open.

import { tick } from "./clock.js";
import { byId, element, glyph } from "./dom.js";
import { lasted, printed, shown, written } from "./words.js";

const MOST = 8;
const MOST_FAILURES = 3;
const MOST_LINES = 6;

export class Building {
  /** `jump` is called with the name of a stage that is to be shown. */
  constructor(jump) {
    this.place = byId("building");
    this.jump = jump;
    this.running = [];
    this.failures = new Map();
    tick();
  }

  /** Show who builds what. */
  show(running) {
    this.running = running;
    for (const { stage } of running) this.failures.delete(stage);
    this.#draw();
  }

  /** Show failures with the last lines of their logs. */
  failed(failures) {
    for (const failure of failures) {
      this.failures.delete(failure.stage);
      this.failures.set(failure.stage, failure);
    }
    this.#draw();
  }

  /** Forget failures of stages that stand otherwise now. */
  settled(stages) {
    const before = this.failures.size;
    for (const [name, { state }] of Object.entries(stages)) if (state !== "failed") this.failures.delete(name);
    if (this.failures.size !== before) this.#draw();
  }

  /** Forget the failure of a stage that is looked at. */
  seen(stage) {
    if (this.failures.delete(stage)) this.#draw();
  }

  #draw() {
    this.place.hidden = !this.running.length && !this.failures.size;
    const failures = [...this.failures.values()].slice(-MOST_FAILURES);
    const focused = this.place.contains(document.activeElement) ? document.activeElement.textContent : null;
    this.place.replaceChildren(...failures.map((one) => this.#failure(one)), ...this.#now());
    if (focused !== null) [...this.place.querySelectorAll("button")].find((one) => one.textContent === focused)?.focus();
  }

  #failure({ stage, failure, tail }) {
    const lines = [failure ?? "", ...written(tail ?? []).slice(-MOST_LINES)].join("\n").trim();
    return element("div", { class: "failure failed", "data-stage": stage },
      element("div", { class: "state failed" }, glyph("failed"), element("button", { class: "plain", type: "button", click: () => this.jump(stage) }, `${shown(stage)} failed`)),
      lines ? element("pre", { class: "log bad", tabindex: "0", "aria-label": "Last lines of the log" }, printed(lines)) : null);
  }

  #now() {
    if (!this.running.length) return [];
    const rows = this.running.slice(0, MOST).map(({ stage, host, here, since }) =>
      element("li", { class: "running" }, glyph("running"),
        element("button", { class: "plain", type: "button", click: () => this.jump(stage) }, shown(stage)),
        element("span", { class: "quiet" }, here ? "" : `${shown(host)} `, element("span", { "data-since": since }, lasted(since)))));
    const left = this.running.length - rows.length;
    if (left > 0) rows.push(element("li", { class: "quiet" }, `and ${left} more`));
    return [element("strong", {}, `${this.running.length} running`), element("ul", {}, rows)];
  }
}
