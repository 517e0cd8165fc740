// The page of a stage: its plot, its previews, its log while it runs; renewed when it stands otherwise.

import { json } from "./api.js";
import { byId, element } from "./dom.js";
import { follow } from "./live.js";
import { followLog } from "./logs.js";
import { durations, fitted } from "./plots.js";
import { renewal } from "./renew.js";
import { inAddress, shown } from "./words.js";

const { name, from } = byId("stage").dataset;
let stop = () => {};

async function begin() {
  stop();
  const log = byId("live-log");
  stop = log ? followLog(log, `/api/log/running/${inAddress(name)}`, { ended: () => renew() }) : () => {};
  for (const details of document.querySelectorAll("details.look")) {
    details.addEventListener("toggle", () => details.open && preview(details), { once: true });
  }
  const place = byId("durations");
  if (!place) return;
  const { attempts } = await json(`/api/stage/${inAddress(name)}/attempts`);
  if (attempts.length > 1) fitted(place, (width) => durations(attempts, width));
}

async function preview(details) {
  const place = details.querySelector(".preview");
  if (place.childNodes.length) return;
  let found;
  try {
    found = await json(`/api/preview?path=${inAddress(details.dataset.path)}`);
  } catch (error) {
    place.replaceChildren(element("p", { class: "quiet" }, error.message));
    return;
  }
  place.replaceChildren(...content(found, details.dataset.path).filter(Boolean));
}

function content(found, path) {
  const more = found.truncated ? element("p", { class: "quiet small" }, "This is only the beginning.") : null;
  if (found.kind === "image") return [element("img", { src: `/api/preview/raw?path=${inAddress(path)}`, alt: `Preview of ${shown(path)}` })];
  if (found.kind === "text") return [element("pre", { class: "log", tabindex: "0" }, found.text), more];
  if (found.kind === "table") return [element("div", { class: "scroll", tabindex: "0" }, table(found)), more];
  return [element("p", { class: "quiet" }, found.reason ?? "There is no preview of this.")];
}

function table({ columns, rows }) {
  const head = element("tr", {}, columns.map((one) => element("th", { scope: "col" }, shown(one))));
  const body = rows.map((row) => element("tr", {}, row.map((value) => element("td", {}, value === null ? "" : shown(value)))));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, body));
}

const renew = renewal("stage", begin);
follow(from, { state: (news) => news.stages?.[name] && renew(), graph: renew, reload: renew }, renew);
begin();
