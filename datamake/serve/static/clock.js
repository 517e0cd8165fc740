// Times that go on: what has `data-since` says for how long that is.

import { lasted } from "./words.js";

const EVERY_MILLISECONDS = 1000;

/** Keep the times on the page going. */
export function tick() {
  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-since]")) clock.textContent = lasted(Number(clock.dataset.since));
  }, EVERY_MILLISECONDS);
}
