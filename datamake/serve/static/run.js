// The page of a run: its timeline, renewed while it goes on.

import { json } from "./api.js";
import { byId } from "./dom.js";
import { follow } from "./live.js";
import { fitted, timeline } from "./plots.js";
import { renewal } from "./renew.js";

const { id, since } = byId("run").dataset;

async function begin() {
  const place = byId("timeline");
  const run = await json(`/api/run/${id}`);
  const live = run.state === "running";
  const now = Date.now() / 1000;
  const { running } = live ? await json("/api/running") : { running: [] };
  const mine = running.filter((one) => one.pid === run.pid && one.host === run.host);
  const underWay = mine.map((one) => ({ stage: one.stage, state: "running", started: one.since, seconds: null, worker: one.worker }));
  const attempts = [...run.attempts, ...underWay];
  if (attempts.length) fitted(place, (width) => timeline(attempts, { begun: run.started, now, width, live }));
  else place.textContent = "No attempt yet.";
}

const renew = renewal(begin);
const live = () => byId("run").dataset.state === "running";
follow(since, { state: () => live() && renew(), run: () => live() && renew(), reload: renew }, renew);
begin();
