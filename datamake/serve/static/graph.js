// The page of the graph: draws it, follows it, and shows what one looks for.

import { json, text } from "./api.js";
import { Building } from "./building.js";
import { Camera } from "./camera.js";
import { byId, element } from "./dom.js";
import { listen } from "./gestures.js";
import { Legend } from "./legend.js";
import { Listing } from "./listing.js";
import { follow } from "./live.js";
import { note, tell } from "./notes.js";
import { Panel } from "./panel.js";
import { Picture } from "./picture.js";
import { Search } from "./search.js";
import { inAddress, several } from "./words.js";

class Page {
  constructor() {
    this.canvas = byId("canvas");
    this.drawing = byId("drawing");
    this.picture = null;
    this.searched = "";
    this.turn = 0;
    const jump = (name, group) => this.jump(name, group);
    this.camera = new Camera(this.drawing);
    this.legend = new Legend(() => this.filter());
    this.panel = new Panel({ jump, closed: () => this.left() });
    this.search = new Search({ jump, typed: (words) => this.look(words) });
    this.listing = new Listing({ states: () => this.legend.wanted, search: () => this.searched });
    this.building = new Building(jump);
    listen(this);
  }

  /** Show the graph that the server drew into the page, and what is asked for behind the #. */
  async begin() {
    this.canvas.classList.add("ready");
    const wish = new URLSearchParams(location.hash.slice(1));
    this.view(wish.get("view") === "list" ? "list" : "graph");
    await this.refresh();
    if (wish.get("stage")) await this.jump(wish.get("stage"));
    follow(byId("boot").dataset.from, {
      state: (news) => this.state(news),
      run: (news) => this.building.show(news.running),
      graph: (news) => news.refreshing || this.refresh(),
      reload: () => this.refresh(),
    }, () => this.refresh());
    json("/api/running").then((news) => this.building.show(news.running), () => {});
  }

  /** Fetch graph and drawing anew; the view stays where it is while the same is drawn. */
  async refresh() {
    const turn = ++this.turn;
    const query = location.search;
    let graph;
    let drawing = "";
    let same = false;
    try {
      graph = await json(`/api/graph${query}`);
      same = this.picture !== null && this.drawn === `${graph.version} ${query}`;
      if (graph.drawn && !same) drawing = await text(`/api/graph.svg${query}`);
    } catch (error) {
      if (turn === this.turn) note("refresh", error.message);
      return;
    }
    if (turn !== this.turn) return;
    note("refresh", "");
    this.canvas.classList.toggle("outdated", Boolean(graph.error));
    tell(graph);
    this.legend.show(graph.counts);
    if (same && graph.drawn) this.picture.update(graph);
    else this.#draw(graph, drawing, query);
    this.filter();
  }

  /** Show how stages stand now. */
  state(news) {
    // What had failed already when the page was opened is no news.
    const failed = (news.failed ?? []).filter(({ stage }) => this.picture?.stateOf(stage) !== "failed");
    for (const [name, { state }] of Object.entries(news.stages ?? {})) this.picture?.setState(name, state);
    for (const [name, standing] of Object.entries(news.groups ?? {})) this.picture?.setGroup(name, standing);
    if (news.counts) this.legend.show(news.counts);
    if (["running", "failed", "up to date"].some((state) => news.counts?.[state])) note("new", "");
    this.building.settled(news.stages ?? {});
    if (failed.length) {
      this.building.failed(failed);
      this.say(failed.map(({ stage }) => `${stage} failed`).join(", "));
    }
    this.listing.setStates(news.stages ?? {});
    this.panel.renew(new Set(Object.keys(news.stages ?? {})));
    this.filter({ list: false });
    if (news.more) this.refresh();
    this.#tellWhatIsBuilt();
  }

  /** Show a stage, in the graph if it is there, else by itself. */
  async jump(name, group = null) {
    const node = this.picture?.nodeOf(name, group);
    if (!node && byId("listing").hidden) {
      location.assign(`/?stage=${inAddress(name)}&up=1&down=1#stage=${inAddress(name)}`);
      return;
    }
    this.#remember("stage", name);
    if (node) {
      this.picture.choose(node);
      this.camera.approach();
      node.shape.focus({ preventScroll: true });
    }
    await this.panel.stage(name);
    this.building.seen(name);
    if (node) this.#reveal(node, { centre: true });
  }

  /** Open what one clicked on. */
  async open(node) {
    this.picture.choose(node);
    const stage = node.shape.dataset.stage;
    this.#remember("stage", stage ?? null);
    if (stage === undefined) await this.panel.group({ ...node.data, group: node.shape.dataset.group });
    else await this.panel.stage(stage);
    this.building.seen(stage);
    this.#reveal(node);
  }

  /** Nothing is chosen any more. */
  left() {
    const chosen = this.drawing.querySelector(".node.chosen");
    this.picture?.choose(null);
    this.#remember("stage", null);
    if (!byId("canvas").hidden) chosen?.focus({ preventScroll: true });
  }

  /** Show only what the legend and the search ask for. */
  filter({ list = true } = {}) {
    const { wanted } = this.legend;
    const states = (data) => [data.state, ...Object.keys(data.states ?? {}).filter((state) => data.states[state])];
    const sought = this.searched.toLowerCase();
    const fits = (data) =>
      (!wanted.size || states(data).some((state) => wanted.has(state))) &&
      (!sought || this.#names(data).some((name) => name.toLowerCase().includes(sought)));
    this.picture?.dim(wanted.size || sought ? fits : null);
    if (list && !byId("listing").hidden) this.listing.load();
  }

  look(words) {
    if (words === this.searched) return;
    this.searched = words;
    this.filter();
  }

  /** Show the graph or the list. */
  view(name) {
    const list = name === "list";
    byId("listing").hidden = !list;
    this.canvas.hidden = list;
    document.querySelector(".zoom").hidden = list || !this.picture;
    byId("files").parentElement.hidden = list;
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    }
    this.#remember("view", list ? "list" : null);
    if (list) this.listing.load();
  }

  /** Have a screen reader say something. */
  say(words) {
    byId("said").textContent = words;
  }

  /** Bring a node into that part of the drawing which the panel does not cover. */
  #reveal(node, how) {
    const [drawing, panel] = [this.drawing, byId("panel")].map((place) => place.getBoundingClientRect());
    const covers = panel.height > 0 && panel.left <= drawing.left;
    this.camera.reveal(node.place, { ...how, covered: covers ? Math.max(0, drawing.bottom - panel.top) : 0 });
  }

  #names(data) {
    return [data.name ?? data.label, data.group ?? ""].filter(Boolean);
  }

  #draw(graph, drawing, query) {
    const empty = byId("empty");
    empty.hidden = Boolean(drawing);
    if (!drawing) {
      this.drawing.replaceChildren();
      this.picture = null;
      const words = graph.total
        ? ["No picture of this", graph.reason, "The list has every stage."]
        : graph.refreshing ? ["Reading the dodo.py", "The graph appears here in a moment."]
          : ["No stages yet", "Write a task into the dodo.py; this page shows it as soon as it is there."];
      empty.replaceChildren(element("h2", {}, words[0]), ...words.slice(1).map((line) => element("p", {}, line)));
      document.querySelector(".zoom").hidden = true;
      return;
    }
    const svg = document.importNode(new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement, true);
    const chosen = this.drawing.querySelector(".node.chosen")?.dataset.key;
    const focused = this.drawing.contains(document.activeElement);
    const box = svg.getAttribute("viewBox");
    const same = this.box === box;
    this.drawing.replaceChildren(svg);
    this.picture = new Picture(svg, graph);
    this.camera.show(svg, same);
    [this.box, this.drawn] = [box, `${graph.version} ${query}`];
    const node = this.picture.nodes.get(chosen);
    if (node) this.picture.choose(node);
    if (node && focused) node.shape.focus({ preventScroll: true });
    document.querySelector(".zoom").hidden = this.canvas.hidden;
  }

  #tellWhatIsBuilt() {
    const counts = this.legend.counts ?? {};
    if (this.wasRunning && !counts.running) {
      const bad = counts.failed ? `, ${several(counts.failed, "stage")} failed` : "";
      this.say(`Nothing is running any more${bad}`);
    }
    this.wasRunning = Boolean(counts.running);
  }

  #remember(name, value) {
    const wish = new URLSearchParams(location.hash.slice(1));
    if (value === null) wish.delete(name);
    else wish.set(name, value);
    const hash = wish.toString();
    history.replaceState(null, "", `${location.pathname}${location.search}${hash ? `#${hash}` : ""}`);
  }
}

new Page().begin();
