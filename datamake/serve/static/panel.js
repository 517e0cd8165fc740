// What is said beside the graph of the chosen stage, or of a folded group.

import { json } from "./api.js";
import { byId, drawn, element, glyph, standing } from "./dom.js";
import { followLog } from "./logs.js";
import { classOf, counted, duration, inAddress, moment, ORDER, printed, shown, size, stagePath, written } from "./words.js";

const MOST_LINES = 12;
const MOST_TO_UNFOLD = 200;
const MEMBERS = 60;

export class Panel {
  /** `jump` is called with the name of a stage that is to be shown, `closed` when the panel closes. */
  constructor({ jump, closed }) {
    this.place = byId("panel");
    this.jump = jump;
    this.closed = closed;
    this.shows = null; // {stage} or {group}
    this.turn = 0;
    this.stop = () => {};
  }

  /** Show a stage. */
  async stage(name) {
    await this.#show({ stage: name }, async () => this.#ofStage(await json(`/api/stage/${inAddress(name)}`)));
  }

  /** Show a folded group; `node` is what the server says of it. */
  async group(node) {
    await this.#show({ group: node.group }, async () => this.#ofGroup(node, await members(node.group)));
  }

  /** Show anew what is shown, where it is a stage among those named. */
  renew(names) {
    if (this.shows?.stage !== undefined && names.has(this.shows.stage)) this.stage(this.shows.stage);
  }

  close() {
    if (this.place.hidden) return;
    this.turn += 1;
    this.stop();
    this.shows = null;
    this.place.hidden = true;
    this.place.replaceChildren();
    this.closed();
  }

  async #show(what, made) {
    const turn = ++this.turn;
    const same = JSON.stringify(this.shows) === JSON.stringify(what);
    this.shows = what;
    let content;
    try {
      content = await made();
    } catch (error) {
      const name = what.stage ?? what.group;
      content = [this.#header(name), element("p", { class: "missing" }, error.message)];
    }
    if (turn !== this.turn) return;
    this.stop();
    const at = same ? this.place.scrollTop : 0;
    const focused = this.place.contains(document.activeElement);
    this.place.replaceChildren(...content.flat().filter(Boolean));
    this.place.hidden = false;
    this.place.setAttribute("aria-label", shown(what.stage ?? what.group));
    this.place.scrollTop = at;
    if (focused) this.place.focus({ preventScroll: true });
    for (const log of this.place.querySelectorAll("pre.log")) log.scrollTop = log.scrollHeight;
    this.stop = this.#followed() ?? (() => {});
  }

  #followed() {
    const log = this.place.querySelector("[data-running]");
    if (!log) return null;
    return followLog(log, `/api/log/running/${inAddress(log.dataset.running)}`);
  }

  #header(name) {
    const cross = drawn("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, drawn("path", { d: "m6 6 12 12M18 6 6 18" }));
    const close = element("button", { class: "plain", type: "button", title: "Close (Esc)", "aria-label": "Close", click: () => this.close() }, cross);
    return element("header", {}, element("h2", {}, shown(name)), close);
  }

  #ofStage(stage) {
    const last = stage.attempts[0];
    const failed = stage.state === "failed" || last?.state === "failed";
    return [
      this.#header(stage.name),
      element("p", {}, standing(stage.state)),
      stage.doc ? element("p", { class: "doc" }, shown(stage.doc)) : null,
      element("div", { class: "actions" },
        element("a", { class: "button primary", href: stagePath(stage.name) }, "All about it"),
        element("a", { class: "button", href: `/?stage=${inAddress(stage.name)}&up=1&down=1` }, "Only what is around it")),
      stage.running ? running(stage) : null,
      failed && last ? failure(stage, last) : null,
      reasons(stage),
      facts(stage, last),
      paths("file_dep", stage.file_dep, stage.counts.file_dep),
      paths("targets", stage.targets, stage.counts.targets),
      this.#names("Upstream", stage.upstream, stage.counts.upstream),
      this.#names("Downstream", stage.downstream, stage.counts.downstream),
    ];
  }

  #ofGroup(node, found) {
    const { count, states } = node;
    const few = count <= MOST_TO_UNFOLD;
    const unfold = `/?${unfolded(node.group)}`;
    return [
      this.#header(node.name ?? node.label),
      element("p", {}, standing(node.state), ` ${counted(count)} sub-tasks`),
      node.doc ? element("p", { class: "doc" }, shown(node.doc)) : null,
      few ? element("div", { class: "actions" }, element("a", { class: "button primary", href: unfold }, "Unfold in the graph")) : null,
      section("States", element("ul", {}, ORDER.filter((state) => states?.[state]).map((state) =>
        element("li", {}, standing(state), ` ${counted(states[state])}`)))),
      section(few ? "Sub-tasks" : "Sub-tasks; too many to unfold, choose one",
        element("ul", {}, found.map((one) => element("li", {}, this.#link(one.name, one.state)))),
        count > found.length
          ? element("p", { class: "quiet small" }, `and ${counted(count - found.length)} more: find them by name above, or look at the list`) : null),
    ];
  }

  #names(title, names, count) {
    if (!names.length) return null;
    const items = names.slice(0, MOST_LINES).map((name) => element("li", {}, this.#link(name)));
    return section(title, element("ul", {}, items), more(count));
  }

  #link(name, state) {
    return element("button", { class: `plain ${classOf(state)}`, type: "button", title: state, click: () => this.jump(name) }, state ? glyph(state) : null, shown(name), state ? element("span", { class: "unseen" }, `, ${state}`) : null);
  }
}

/** Return the first sub-tasks of a group, those that are not up to date before the others. */
async function members(group) {
  const asked = (states, most) =>
    json(`/api/stages?group=${inAddress(group)}&limit=${most}${states.map((state) => `&state=${inAddress(state)}`).join("")}`);
  const settled = ["up to date", "ignored"];
  const odd = await asked(ORDER.filter((state) => !settled.includes(state)), MEMBERS);
  const rest = odd.stages.length < MEMBERS ? await asked(settled, MEMBERS - odd.stages.length) : { stages: [] };
  return [...odd.stages, ...rest.stages];
}

/** Return the query of this page with one more group unfolded. */
function unfolded(group) {
  const query = new URLSearchParams(location.search);
  query.append("open", group);
  return query;
}

const section = (title, ...content) => element("section", {}, element("h3", {}, title), ...content);
const more = (count) =>
  count > MOST_LINES ? element("p", { class: "quiet small" }, `and ${counted(count - MOST_LINES)} more`) : null;

function running(stage) {
  const { host, pid, worker, since } = stage.running;
  const by = worker && worker !== pid ? `, worker ${worker}` : "";
  return section(`Running on ${shown(host)}, process ${pid}${by}, since ${moment(since)}`,
    element("pre", { class: "log", tabindex: "0", "aria-label": "Log", "data-running": stage.name }));
}

function failure(stage, last) {
  const printedLast = written(stage.log_tail);
  const places = last.where.map(([place, line]) => `${place}\n    ${line}\n`).join("");
  return section("What went wrong",
    element("p", {}, element("strong", {}, shown(last.failure))),
    places ? element("pre", {}, printed(places)) : null,
    printedLast.length ? element("pre", { class: "log bad", tabindex: "0", "aria-label": "Last lines of the log" }, printed(printedLast.join("\n"))) : null,
    last.log ? element("p", {}, element("a", { href: `/log/${last.id}` }, "The whole log")) : null);
}

function reasons(stage) {
  const lines = stage.reasons.slice(0, MOST_LINES);
  const count = Object.values(stage.reason_counts).reduce((sum, number) => sum + number, 0);
  if (stage.waits_for.length) lines.push(`waits for ${stage.waits_for.slice(0, 3).join(", ")}${stage.waits_for.length > 3 ? ` and ${counted(stage.waits_for.length - 3)} more` : ""}`);
  if (!lines.length) return null;
  return section("Why", element("ul", {}, lines.map((line) => element("li", {}, shown(line)))), more(count));
}

function facts(stage, last) {
  const facts = [["Last built", stage.record ? moment(stage.record.started) : "never"]];
  if (stage.record) facts.push(["Took", duration(stage.record.seconds)]);
  if (last) facts.push(["Last attempt", `${last.state}, ${moment(last.started)}`]);
  if (stage.parameters) facts.push(["Parameters", shown(stage.parameters)]);
  return section("Builds", element("dl", { class: "facts" }, facts.flatMap(([word, value]) => [element("dt", {}, word), element("dd", {}, value)])));
}

function paths(title, files, count) {
  if (!files.length) return null;
  const items = files.slice(0, MOST_LINES).map((file) =>
    element("li", {}, element("code", {}, shown(file.path)),
      file.exists ? element("span", { class: "quiet" }, file.size === null ? "" : size(file.size)) : element("span", { class: "missing" }, "missing")));
  return section(title, element("ul", { class: "paths" }, items), more(count));
}
