"""Measures in a page how well every text stands out from what is behind it."""

from __future__ import annotations

from playwright.sync_api import Page

LEAST = 4.5

# Yields for each visible text with too little contrast: its words, both colours, the ratio.
MEASURE = """
least => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map(one => one / 255)
      .map(one => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const ratio = (one, other) => {
    const [a, b] = [light(one), light(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const behind = element => {
    const node = element.closest("g.node");
    const shape = node && node.querySelector("path, polygon");
    if (shape && rgba(getComputedStyle(shape).fill)[3] === 255) return getComputedStyle(shape).fill;
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const bad = [];
  for (const element of document.body.querySelectorAll("*")) {
    const words = [...element.childNodes].filter(one => one.nodeType === Node.TEXT_NODE)
      .map(one => one.data.trim()).join(" ").trim();
    if (!words || !element.checkVisibility({visibilityProperty: true})) continue;
    if (["TITLE", "title", "SCRIPT", "NOSCRIPT", "OPTION"].includes(element.tagName)) continue;
    if (element.closest(".unseen, .dim, .skip")) continue;
    const style = getComputedStyle(element);
    const colour = element instanceof SVGElement ? style.fill : style.color;
    const found = ratio(rgba(colour), rgba(behind(element)));
    const said = `${words.slice(0, 40)}: ${colour} on ${behind(element)}`;
    if (found < least) bad.push(`${said}, ${found.toFixed(2)}`);
  }
  return bad;
}
"""


def too_weak(page: Page) -> list[str]:
    """Return the texts of a page that have less contrast than people need to read them."""
    found: list[str] = page.evaluate(MEASURE, LEAST)
    return found
