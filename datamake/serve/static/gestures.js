// What keys, clicks and buttons do on the page of the graph; see camera.js for panning and zooming.

import { byId } from "./dom.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ZOOM_STEP = 1.3;

/** Have a page of the graph hear its reader. */
export function listen(page) {
  const nodeAt = (target) => page.picture?.nodes.get(target.closest?.("g.node")?.dataset.key);
  page.drawing.addEventListener("click", (event) => {
    const node = nodeAt(event.target);
    if (node && node.data.kind !== "file") page.open(node);
    else if (!node) page.panel.close();
  });
  page.drawing.addEventListener("focusin", (event) => {
    const node = nodeAt(event.target);
    if (!node) return;
    page.picture.rove(node);
    if (event.target.matches(":focus-visible")) page.camera.reveal(node.place);
  });
  page.drawing.addEventListener("keydown", (event) => onNode(page, event, nodeAt(event.target)));
  document.addEventListener("keydown", (event) => anywhere(page, event));
  byId("zoom-in").addEventListener("click", () => page.camera.zoom(ZOOM_STEP));
  byId("zoom-out").addEventListener("click", () => page.camera.zoom(1 / ZOOM_STEP));
  byId("zoom-fit").addEventListener("click", () => page.camera.fit());
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => page.view(button.dataset.view));
  }
  byId("files").addEventListener("change", (event) => withFiles(page, event.target.checked));
}

function withFiles(page, are) {
  const query = new URLSearchParams(location.search);
  const [wanted, other] = are ? ["files", "stages"] : ["stages", "files"];
  query.delete(other);
  query.set(wanted, "1");
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`);
  page.refresh();
}

function onNode(page, event, node) {
  if (!node || event.altKey || event.ctrlKey || event.metaKey) return;
  const arrow = ARROWS[event.key];
  if (arrow) {
    event.preventDefault();
    const next = page.picture.toward(node, arrow);
    if (!next) return;
    next.shape.focus({ preventScroll: true });
    page.camera.reveal(next.place);
    if (!byId("panel").hidden) page.open(next);
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    // Who came by keyboard goes on in what opens; Escape leads back.
    page.open(node).then(() => byId("panel").focus({ preventScroll: true }));
  }
}

function anywhere(page, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") return void page.panel.close();
  if (event.target.closest("input, select, textarea")) return;
  const keys = {
    "/": () => page.search.focus(),
    "+": () => page.camera.zoom(ZOOM_STEP),
    "=": () => page.camera.zoom(ZOOM_STEP),
    "-": () => page.camera.zoom(1 / ZOOM_STEP),
    0: () => page.camera.fit(),
  };
  const act = keys[event.key];
  if (!act || (event.key !== "/" && !page.picture)) return;
  event.preventDefault();
  act();
}
