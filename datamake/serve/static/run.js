// The page of a run: its timeline, which goes on while the run does.

import { json } from "./api.js";
import { tick } from "./clock.js";
import { byId } from "./dom.js";
import { follow } from "./live.js";
import { fitted, timeline } from "./plots.js";
import { renewal } from "./renew.js";

const EVERY_MILLISECONDS = 1000;
const { id, from } = byId("run").dataset;
let redraw = () => {};

async function begin() {
  const place = byId("timeline");
  const run = await json(`/api/run/${id}`);
  const live = run.state === "running";
  const { running, now } = live ? await json("/api/running") : { running: [], now: Date.now() / 1000 };
  const ahead = now - Date.now() / 1000; // of this machine's clock
  const mine = running.filter((one) => one.pid === run.pid && one.host === run.host);
  const underWay = mine.map((one) => ({ stage: one.stage, state: "running", started: one.since, seconds: null, worker: one.worker }));
  const attempts = [...run.attempts, ...underWay];
  if (!attempts.length) {
    place.textContent = "No attempt yet.";
    return;
  }
  const draw = (width) => timeline(attempts, { begun: run.started, now: Date.now() / 1000 + ahead, width, live });
  redraw = fitted(place, draw);
}

const renew = renewal("run", begin);
const live = () => byId("run").dataset.state === "running";
follow(from, { state: () => live() && renew(), run: () => live() && renew(), reload: renew }, renew);
setInterval(() => {
  // Who is in the chart is not to lose the place.
  if (live() && !byId("timeline").contains(document.activeElement)) redraw();
}, EVERY_MILLISECONDS);
tick();
begin();
