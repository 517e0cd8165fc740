// The page of a log: follows it while it grows, and fetches what is before the part that is shown.

import { json } from "./api.js";
import { byId } from "./dom.js";
import { followLog } from "./logs.js";
import { printed, size } from "./words.js";

const BEFORE_BYTES = 65_536;
const log = byId("log");
const { attempt, ended } = log.dataset;
let begins = Number(log.dataset.offset);

log.scrollTop = log.scrollHeight;
if (!ended) followLog(log, `/api/log/${attempt}`, { offset: Number(log.dataset.next) });

byId("earlier")?.addEventListener("click", async () => {
  const from = Math.max(0, begins - BEFORE_BYTES);
  const said = byId("from");
  let part;
  try {
    part = await json(`/api/log/${attempt}?offset=${from}&most=${begins - from}`);
  } catch (error) {
    said.textContent = error.message;
    return;
  }
  const height = document.documentElement.scrollHeight;
  log.prepend(printed(part.text));
  scrollBy(0, document.documentElement.scrollHeight - height);
  begins = from;
  byId("earlier").hidden = begins === 0;
  said.textContent = begins ? `${size(begins)} are before this.` : "";
});
