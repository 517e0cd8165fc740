// The drawn graph: which box is which stage, how each stands, and who is next to whom.

import { drawn, glyphOf } from "./dom.js";
import { classOf, counted, duration, ORDER, shown } from "./words.js";

const STATE_CLASSES = ["fresh", "stale", "waits", "running", "failed", "ignored", "error"];
const ROOM = 5;
const LETTER = 5.5; // units that a letter of the second line takes, about

export class Picture {
  /** `svg` is the drawing, `graph` what the server says of its nodes and edges. */
  constructor(svg, graph) {
    this.svg = svg;
    this.nodes = new Map();
    this.stages = new Map();
    this.groups = new Map();
    this.shift = shiftOf(svg.querySelector("g.graph"));
    const known = new Map(graph.nodes.map((node) => [node.id, node]));
    for (const shape of svg.querySelectorAll("g.node")) {
      const data = known.get(shape.dataset.key);
      if (data) this.#add(shape, data);
    }
    this.#connect(graph.edges);
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", "Stages. Arrow keys move between connected ones, Enter opens one");
    const first = this.steps()[0];
    if (first) first.shape.setAttribute("tabindex", "0");
  }

  /** Return the nodes of stages and groups. */
  steps() {
    return [...this.nodes.values()].filter((node) => node.data.kind !== "file");
  }

  /** Return the node that shows a stage: its own, or that of the group it is folded into. */
  nodeOf(stage, group = null) {
    const key = this.stages.get(stage) ?? this.groups.get(group ?? stage.split(":")[0]);
    return key === undefined ? null : this.nodes.get(key);
  }

  /** Return how a stage is shown to stand, null if it has no box of its own. */
  stateOf(stage) {
    return this.nodes.get(this.stages.get(stage))?.data.state ?? null;
  }

  /** Show how a stage stands now. */
  setState(stage, state) {
    const node = this.nodes.get(this.stages.get(stage));
    if (node && node.data.state !== state) this.#stand(node, state, state);
  }

  /** Show how the stages of a folded group stand now. */
  setGroup(group, { state, count, states }) {
    const node = this.nodes.get(this.groups.get(group));
    if (!node) return;
    Object.assign(node.data, { count, states });
    const odd = ORDER.filter((name) => name !== "up to date" && states[name]);
    const words = odd.map((name) => `${counted(states[name])} ${name}`).join(", ") || "up to date";
    this.#stand(node, state, `${counted(count)}; ${words}`);
    this.#share(node);
  }

  /** Show what the server says anew of the same nodes. */
  update(graph) {
    for (const data of graph.nodes) {
      const node = this.nodes.get(data.id);
      if (!node) continue;
      Object.assign(node.data, data);
      if (data.kind === "file") {
        node.shape.classList.toggle("stale", data.state === "stale");
        node.shape.classList.toggle("missing", data.state === "missing");
      } else {
        this.#stand(node, data.state, data.caption);
        this.#share(node);
      }
    }
  }

  /** Mark a node, and what leads to it and from it; nothing for null. */
  choose(node) {
    for (const shape of this.svg.querySelectorAll(".chosen, .lit")) shape.classList.remove("chosen", "lit");
    if (!node) return;
    node.shape.classList.add("chosen");
    for (const edge of node.edges) edge.classList.add("lit");
    this.rove(node);
  }

  /** Make a node the one that Tab comes to. */
  rove(node) {
    for (const shape of this.svg.querySelectorAll('[tabindex="0"]')) shape.setAttribute("tabindex", "-1");
    node.shape.setAttribute("tabindex", "0");
  }

  /** Dim the stages and groups that are not wanted, with the files of none that is. */
  dim(wanted) {
    const bright = new Set(this.steps().filter((node) => !wanted || wanted(node.data)));
    for (const node of this.nodes.values()) {
      const is = node.data.kind === "file" ? [...node.above, ...node.below].some((other) => bright.has(other)) : bright.has(node);
      node.shape.classList.toggle("dim", Boolean(wanted) && !is);
    }
    for (const edge of this.svg.querySelectorAll("g.edge")) {
      const ends = [edge.dataset.from, edge.dataset.to].map((key) => this.nodes.get(key));
      edge.classList.toggle("dim", ends.some((end) => end?.shape.classList.contains("dim")));
    }
    return bright.size;
  }

  /** Return the connected node that lies in a direction, else the nearest one there, else null. */
  toward(node, [dx, dy]) {
    const ahead = (others) => {
      const [x, y] = middle(node.box);
      let best = null;
      let least = Infinity;
      for (const other of others) {
        const [ox, oy] = middle(other.box);
        const along = (ox - x) * dx + (oy - y) * dy;
        const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
        const far = along + 2 * aside;
        if (other === node || along <= 1 || far >= least) continue;
        if (aside > 3 * along && !node.connected.has(other)) continue;
        best = other;
        least = far;
      }
      return best;
    };
    return ahead(node.connected) ?? ahead(this.steps());
  }

  #add(shape, data) {
    const box = boxOf(shape.querySelector("path, polygon"));
    // The camera has the coordinates of the whole drawing.
    const place = { ...box, x: box.x + this.shift.x, y: box.y + this.shift.y };
    const node = { key: data.id, shape, data, box, place, edges: [], above: [], below: [], connected: new Set() };
    this.nodes.set(data.id, node);
    if (data.kind === "file") return;
    if (shape.dataset.group !== undefined) this.groups.set(shape.dataset.group, data.id);
    else this.stages.set(shape.dataset.stage, data.id);
    this.#dress(node);
  }

  /** Put glyph, ring and centred text on a box. */
  #dress(node) {
    const { shape, box } = node;
    const middleOfBox = (box.x + box.width / 2).toFixed(2);
    for (const text of shape.querySelectorAll("text")) {
      text.setAttribute("x", middleOfBox);
      text.setAttribute("text-anchor", "middle");
    }
    const inner = shape.querySelector("path, polygon").parentNode;
    const outer = boxOf([...inner.querySelectorAll(":scope > path, :scope > polygon")].at(-1));
    const around = { x: outer.x - ROOM, y: outer.y - ROOM, width: outer.width + 2 * ROOM, height: outer.height + 2 * ROOM };
    inner.prepend(drawn("rect", { class: "ring", rx: 10, ...around }));
    const badge = drawn("g", { class: "badge", "aria-hidden": "true" });
    badge.append(
      drawn("circle", { class: "ground", cx: box.x + 3, cy: box.y + 3, r: 9 }),
      drawn("use", { x: box.x - 4, y: box.y - 4, width: 14, height: 14 }),
    );
    inner.append(badge);
    shape.setAttribute("tabindex", "-1");
    shape.setAttribute("role", "button");
    this.#stand(node, node.data.state, null);
    this.#share(node);
  }

  /** `caption` is the second line, null to leave it. */
  #stand(node, state, caption) {
    const { shape, data, box } = node;
    data.state = state;
    shape.classList.remove(...STATE_CLASSES);
    if (classOf(state)) shape.classList.add(classOf(state));
    shape.dataset.state = state ?? "";
    shape.querySelector(".badge use").setAttribute("href", glyphOf(state));
    const line = shape.querySelector(".caption");
    if (line && caption !== null) {
      // A box was laid out for its state alone; why it is so is said where there is room.
      const fits = shape.dataset.group !== undefined || caption.length * LETTER < box.width;
      line.textContent = fits ? shown(caption) : state;
    }
    const name = shown(data.name ?? data.label);
    const words = caption ?? line?.textContent ?? state ?? "";
    shape.setAttribute("aria-label", `${name}, ${words}`);
    const took = data.seconds ? `took ${duration(data.seconds)}` : "";
    const title = shape.querySelector("title");
    if (title) title.textContent = [name, shown(data.doc ?? ""), words, took].filter(Boolean).join("\n");
  }

  /** Show on the lower edge of a folded group how many of its stages stand how. */
  #share({ shape, data, box }) {
    const states = Object.entries(data.states ?? {});
    if (!states.length || shape.dataset.group === undefined) return;
    shape.querySelectorAll(".share").forEach((part) => part.remove());
    const total = states.reduce((sum, [, count]) => sum + count, 0);
    const inner = shape.querySelector(".badge").parentNode;
    let x = box.x + 8;
    for (const state of ORDER.filter((name) => data.states[name])) {
      const width = Math.max(4, ((box.width - 16) * data.states[state]) / total);
      const place = { x, y: box.y + box.height - 2, width: Math.min(width, box.x + box.width - 8 - x), height: 4 };
      inner.append(drawn("rect", { class: `share ${classOf(state)}`, ...place }));
      x += width;
    }
  }

  #connect(edges) {
    const lines = new Map();
    for (const line of this.svg.querySelectorAll("g.edge")) {
      lines.set(`${line.dataset.from}\n${line.dataset.to}`, line);
    }
    for (const { from, to } of edges) {
      const [above, below] = [this.nodes.get(from), this.nodes.get(to)];
      if (!above || !below) continue;
      above.below.push(below);
      below.above.push(above);
      const line = lines.get(`${from}\n${to}`);
      if (line) for (const node of [above, below]) node.edges.push(line);
    }
    for (const node of this.nodes.values()) {
      for (const side of ["above", "below"]) {
        const found = node[side].flatMap((other) => (other.data.kind === "file" ? other[side] : [other]));
        for (const other of found) if (other !== node) node.connected.add(other);
      }
    }
  }
}

/** Return the box of a path or polygon, from its coordinates: it may not be shown yet. */
function boxOf(shape) {
  const text = shape.getAttribute("d") ?? shape.getAttribute("points") ?? "";
  const numbers = (text.match(/-?\d+(?:\.\d+)?(?:e-?\d+)?/g) ?? []).map(Number);
  const xs = numbers.filter((_, i) => i % 2 === 0);
  const ys = numbers.filter((_, i) => i % 2 === 1);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** Return how far Graphviz moved what it drew. */
function shiftOf(group) {
  const found = /translate\(([-\d.e]+)[ ,]+([-\d.e]+)\)/.exec(group?.getAttribute("transform") ?? "");
  return found ? { x: Number(found[1]), y: Number(found[2]) } : { x: 0, y: 0 };
}

const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
