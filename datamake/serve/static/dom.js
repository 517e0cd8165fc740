// Makes elements. Text is only ever set as text, so names and logs can hold anything.

import { classOf } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** Return an element with attributes and children; a child that is no element becomes text. */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Return the same of SVG. */
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Return the address of the glyph of a state. */
export const glyphOf = (state) => `#glyph-${classOf(state) || "none"}`;

/** Return the glyph of a state. */
export const glyph = (state) =>
  drawn("svg", { class: "glyph", "aria-hidden": "true", focusable: "false" }, drawn("use", { href: glyphOf(state) }));

/** Return a state in words, with its glyph. */
export const standing = (state) =>
  element("span", { class: `state ${classOf(state)}`, "data-state": state }, glyph(state), state);

/** Return the element with an id. */
export const byId = (id) => document.getElementById(id);
