// Plots as SVG: how long attempts took over time, and which stage ran when on which worker.

import { drawn, glyphOf } from "./dom.js";
import { classOf, duration, moment, shortened, shown, stagePath } from "./words.js";

const ROW = 26;
const BAR = 16;
const LETTER = 6.6; // pixels a letter, about
// Up to so many attempts, each has a row of its own.
const MOST_ROWS = 60;

/** Return steps of 1, 2 or 5 from 0 to at least a value. */
export function ticks(most, wanted) {
  const rough = Math.max(most, 1e-4) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const count = Math.ceil(most / step - 1e-9) || 1;
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}

/** Return a mark of an axis in words: `0 s`, `20 ms`, `1.5 s`, `2 min 00 s`. */
function mark(seconds, step) {
  if (!seconds) return "0 s";
  if (step < 0.05) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  return seconds < 9.95 ? `${Number(seconds.toPrecision(2))} s` : duration(seconds);
}

/** Return a plot of the durations of attempts, the last one first, `width` pixels wide. */
export function durations(attempts, width) {
  const shownOnes = attempts.slice(0, Math.max(10, Math.floor(width / 14))).reverse();
  const height = 170;
  const [left, right, top, bottom] = [64, 14, 12, 26];
  const marks = ticks(Math.max(...shownOnes.map((one) => one.seconds)), 4);
  const most = marks.at(-1);
  const x = (i) => left + ((width - left - right) * (i + 0.5)) / shownOnes.length;
  const y = (seconds) => height - bottom - ((height - top - bottom) * seconds) / most;
  const built = shownOnes.map((one, i) => [one, i]).filter(([one]) => one.state === "built");
  const plot = canvas(width, height, `How long the last ${shownOnes.length} attempts took, the oldest first`);
  for (const at of marks) {
    plot.append(
      drawn("line", { class: "grid", x1: left, x2: width - right, y1: y(at), y2: y(at) }),
      drawn("text", { x: left - 8, y: y(at) + 4, "text-anchor": "end" }, mark(at, marks[1])),
    );
  }
  plot.append(drawn("polyline", { class: "trend", points: built.map(([one, i]) => `${x(i)},${y(one.seconds)}`).join(" ") }));
  for (const [i, one] of shownOnes.entries()) plot.append(point(one, x(i), y(one.seconds)));
  plot.append(drawn("text", { x: left, y: height - 6 }, moment(shownOnes[0].started)));
  if (shownOnes.length > 1 && width > 420) {
    plot.append(drawn("text", { x: width - right, y: height - 6, "text-anchor": "end" }, moment(shownOnes.at(-1).started)));
  }
  return plot;
}

function point(one, x, y) {
  const title = drawn("title", {}, `${moment(one.started)}: ${one.state}, ${duration(one.seconds)}${one.parameters ? `, ${shown(one.parameters)}` : ""}`);
  const mark = one.state === "built"
    ? drawn("circle", { class: "dot", cx: x, cy: y, r: 4.5 })
    : drawn("use", { class: "sign", href: glyphOf(one.state), x: x - 7, y: y - 7, width: 14, height: 14 });
  return drawn("a", { class: classOf(one.state), href: one.log ? `/log/${one.id}` : `#attempt-${one.id}`, "aria-label": title.textContent }, title, mark);
}

/**
 * Return a Gantt chart of a run, `width` pixels wide. `begun` and `now` are seconds since the
 * epoch; what is under way has no `seconds` and goes on until now.
 */
export function timeline(attempts, { begun, now, width, live }) {
  const lasting = attempts.map((one) => ({ ...one, end: one.seconds === null ? now : one.started + one.seconds }));
  const from = Math.min(begun, ...lasting.map((one) => one.started));
  const whole = Math.max(live ? now - from : 0, ...lasting.map((one) => one.end - from), 1e-3);
  const lanes = lasting.length <= MOST_ROWS ? ownRows(lasting) : byWorker(lasting);
  const left = Math.min(Math.floor(width * 0.36), Math.max(70, ...lanes.map((lane) => Math.min(36, lane.label.length) * LETTER + 34)));
  const right = lanes.some((lane) => lane.after) ? 78 : 14;
  const height = lanes.length * ROW + 34;
  const marks = ticks(whole, Math.max(2, Math.min(8, Math.floor((width - left - right) / 90))));
  const end = Math.max(whole, marks.length > 1 && marks.at(-1) <= whole * 1.15 ? marks.at(-1) : whole);
  const x = (seconds) => left + ((width - left - right) * seconds) / end;
  const plot = canvas(width, height, `Timeline of ${attempts.length} attempts`);
  for (const at of marks.filter((one) => one <= end)) {
    plot.append(
      drawn("line", { class: "grid", x1: x(at), x2: x(at), y1: 22, y2: height }),
      drawn("text", { x: x(at), y: 14, "text-anchor": x(at) > width - 30 ? "end" : "middle" }, mark(at, marks[1])),
    );
  }
  for (const [i, lane] of lanes.entries()) plot.append(...laneOf(lane, { i, x, from, left, width }));
  if (live) plot.append(drawn("line", { class: "now", x1: x(now - from), x2: x(now - from), y1: 20, y2: height }));
  return plot;
}

/** Return what the workers, which are known by their process numbers, are called here. */
function workersOf(attempts) {
  const numbers = [...new Set(attempts.map((one) => one.worker))].filter(Boolean).sort((one, other) => one - other);
  return new Map(numbers.map((number, i) => [number, `worker ${i + 1}`]));
}

function ownRows(attempts) {
  const workers = workersOf(attempts);
  return attempts.toSorted((one, other) => one.started - other.started).map((one) => ({
    label: shown(one.stage), state: one.state, attempts: [one], after: workers.size > 1 ? workers.get(one.worker) ?? "" : "",
  }));
}

function byWorker(attempts) {
  const workers = workersOf(attempts);
  const lanes = Map.groupBy(attempts, (one) => workers.get(one.worker) ?? "this run");
  return [...new Set([...workers.values(), ...lanes.keys()])].filter((name) => lanes.has(name))
    .map((name) => ({ label: name, attempts: lanes.get(name), after: "", named: true }));
}

function* laneOf(lane, { i, x, from, left, width }) {
  const top = 26 + i * ROW;
  const letters = Math.round((left - (lane.state ? 34 : 14)) / LETTER);
  if (lane.state) yield drawn("use", { class: `${classOf(lane.state)} sign`, href: glyphOf(lane.state), x: 0, y: top + 1, width: 14, height: 14 });
  yield drawn("text", { class: "label", x: lane.state ? 20 : 0, y: top + 12 }, shortened(lane.label, letters), drawn("title", {}, lane.label));
  for (const one of lane.attempts) {
    const [start, end] = [x(one.started - from), x(one.end - from)];
    const words = `${shown(one.stage)}: ${one.state}, ${duration(one.end - one.started)}${one.worker ? `, in process ${one.worker}` : ""}`;
    const bar = drawn("rect", { class: "bar", x: start, y: top, width: Math.max(3, end - start), height: BAR, rx: 3 });
    const link = drawn("a", { class: classOf(one.state), href: stagePath(one.stage), "aria-label": words }, drawn("title", {}, words), bar);
    const fits = Math.floor((end - start - 8) / LETTER);
    if (lane.named && fits >= Math.min(6, one.stage.length)) {
      link.append(drawn("text", { class: "inside", x: start + 4, y: top + 12 }, shortened(shown(one.stage), fits)));
    }
    yield link;
  }
  if (lane.after) yield drawn("text", { x: width, y: top + 12, "text-anchor": "end" }, lane.after);
}

function canvas(width, height, words) {
  return drawn("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": words });
}

/**
 * Draw into a place, and again when its width changes; `draw` gets the width in pixels.
 * Returns a function that draws once more.
 */
export function fitted(place, draw) {
  let width = 0;
  const redraw = () => width && place.replaceChildren(draw(width));
  const again = () => {
    const now = Math.floor(place.clientWidth);
    if (now < 40 || now === width) return;
    width = now;
    redraw();
  };
  new ResizeObserver(again).observe(place);
  again();
  return redraw;
}
