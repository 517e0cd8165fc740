// Pans and zooms a drawing, by its viewBox: with mouse, fingers, wheel and buttons.

const LEAST = 0.04;
const MOST = 6;
const MARGIN = 28;
const DRAG_PIXELS = 5;

export class Camera {
  /** `surface` is the element that the drawing fills. */
  constructor(surface) {
    this.surface = surface;
    this.svg = null;
    this.x = 0;
    this.y = 0;
    this.scale = 1; // pixels a unit of the drawing
    this.fingers = new Map();
    this.dragged = false;
    surface.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    surface.addEventListener("pointerdown", (event) => this.#down(event));
    surface.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) surface.addEventListener(name, (event) => this.#up(event));
    // The click at the end of a drag is none.
    surface.addEventListener("click", (event) => this.dragged && event.stopPropagation(), true);
    new ResizeObserver(() => this.#resized()).observe(surface);
  }

  /** Look at a drawing; where `keep` is true the view stays as it is. */
  show(svg, keep) {
    const [x, y, width, height] = svg.getAttribute("viewBox").split(/[\s,]+/).map(Number);
    this.svg = svg;
    this.box = { x, y, width, height };
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    svg.setAttribute("preserveAspectRatio", "xMinYMin meet");
    this.size = this.#size();
    if (keep) this.#apply();
    else this.begin();
  }

  /** Show all of the drawing; where that would be too small to read, its beginning. */
  begin() {
    this.fit();
    const readable = Math.min(0.62, 1.4 * this.size.width / this.box.width);
    if (this.scale >= readable) return;
    this.scale = Math.max(this.scale, Math.min(0.62, readable));
    this.x = Math.min(this.box.x - MARGIN / this.scale, this.#centred("x"));
    this.y = Math.min(this.box.y - MARGIN / this.scale, this.#centred("y"));
    if (this.size.height / this.scale > this.box.height) this.y = this.#centred("y");
    if (this.size.width / this.scale > this.box.width) this.x = this.#centred("x");
    this.#apply();
  }

  /** Show all of the drawing. */
  fit() {
    const { width, height } = this.size;
    const across = (width - 2 * MARGIN) / this.box.width;
    const down = (height - 2 * MARGIN) / this.box.height;
    this.scale = clamped(Math.min(across, down, 1.5));
    this.x = this.#centred("x");
    this.y = this.#centred("y");
    this.#apply();
  }

  /** Zoom by a factor; the point, in pixels of the surface, stays where it is. */
  zoom(factor, px = this.size.width / 2, py = this.size.height / 2) {
    const scale = clamped(this.scale * factor);
    this.x += px / this.scale - px / scale;
    this.y += py / this.scale - py / scale;
    this.scale = scale;
    this.#apply();
  }

  /**
   * Bring a box of the drawing into view, with some room around it; not where it is in view.
   * `covered` is how many pixels at the lower edge something else lies over.
   */
  reveal(box, { centre = false, covered = 0 } = {}) {
    const width = this.size.width / this.scale;
    const height = Math.max(40, this.size.height - covered) / this.scale;
    const room = 40 / this.scale;
    const seen =
      box.x - room >= this.x && box.x + box.width + room <= this.x + width &&
      box.y - room >= this.y && box.y + box.height + room <= this.y + height;
    if (seen && !centre) return;
    this.x = box.x + box.width / 2 - width / 2;
    this.y = box.y + box.height / 2 - height / 2;
    this.#apply();
  }

  /** Be near enough to read. */
  approach() {
    if (this.scale < 0.8) this.zoom(0.8 / this.scale);
  }

  #centred(axis) {
    const side = axis === "x" ? "width" : "height";
    return this.box[axis] + this.box[side] / 2 - this.size[side] / this.scale / 2;
  }

  #size() {
    const { clientWidth, clientHeight } = this.surface;
    return { width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) };
  }

  #resized() {
    if (!this.svg) return;
    const was = this.size;
    this.size = this.#size();
    if (was.width <= 1 || was.height <= 1) return void this.begin(); // it was hidden
    this.x += (was.width - this.size.width) / this.scale / 2;
    this.y += (was.height - this.size.height) / this.scale / 2;
    this.#apply();
  }

  #apply() {
    const { width, height } = this.size;
    const box = [this.x, this.y, width / this.scale, height / this.scale];
    this.svg.setAttribute("viewBox", box.map((number) => number.toFixed(2)).join(" "));
  }

  #wheel(event) {
    if (!this.svg) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const speed = event.ctrlKey ? 0.01 : 0.0016; // ctrl is what a pinch on a touch pad comes as
    this.zoom(Math.exp(-event.deltaY * lines * speed), ...this.#place(event));
  }

  #place(event) {
    const { left, top } = this.surface.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  #down(event) {
    if (!this.svg || event.button > 0) return;
    if (!this.fingers.size) this.dragged = false;
    this.fingers.set(event.pointerId, { at: this.#place(event), from: this.#place(event) });
  }

  #move(event) {
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return;
    const before = finger.at;
    const at = this.#place(event);
    if (!this.dragged && distance(at, finger.from) < DRAG_PIXELS) return;
    if (!this.dragged) {
      this.dragged = true;
      this.surface.classList.add("dragged");
    }
    if (!this.surface.hasPointerCapture(event.pointerId)) this.surface.setPointerCapture(event.pointerId);
    finger.at = at;
    if (this.fingers.size === 1) {
      this.x -= (at[0] - before[0]) / this.scale;
      this.y -= (at[1] - before[1]) / this.scale;
      this.#apply();
    } else if (this.fingers.size === 2) {
      const [other] = [...this.fingers.values()].filter((one) => one !== finger);
      this.x -= (at[0] - before[0]) / 2 / this.scale;
      this.y -= (at[1] - before[1]) / 2 / this.scale;
      const middle = [(at[0] + other.at[0]) / 2, (at[1] + other.at[1]) / 2];
      this.zoom(distance(at, other.at) / Math.max(1, distance(before, other.at)), ...middle);
    }
  }

  #up(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    if (!this.fingers.size) this.surface.classList.remove("dragged");
  }
}

const clamped = (scale) => Math.min(MOST, Math.max(LEAST, scale));
const distance = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);
