// Fetches the page again and puts its content in place of what is shown: the server renders it.

import { text } from "./api.js";
import { byId } from "./dom.js";

const AT_MOST_EVERY_MILLISECONDS = 1500;
const PLOTS = ["timeline", "durations"];

/**
 * Return a function that renews the page soon, at most so often; `after` is called each time.
 * The element with the id `told` has in `data-standing` what a screen reader is to say when it changes.
 */
export function renewal(told, after) {
  let timer = 0;
  let last = 0;

  const renew = async () => {
    timer = 0;
    last = Date.now();
    let page;
    try {
      page = new DOMParser().parseFromString(await text(location.href), "text/html");
    } catch {
      return; // the sign at the top says that the server is not there; it is asked again then
    }
    const before = byId(told).dataset.standing;
    put(page, page.getElementById("main"), document.getElementById("main"));
    const { standing } = byId(told).dataset;
    if (standing !== before) byId("said").textContent = standing;
    after();
  };

  return () => {
    if (timer) return;
    timer = setTimeout(renew, Math.max(0, last + AT_MOST_EVERY_MILLISECONDS - Date.now()));
  };
}

/** Put fresh content in place of the old; what a reader has opened, typed or come to stays as it is. */
function put(page, fresh, stale) {
  const found = stale.contains(document.activeElement) ? finder(document.activeElement) : () => null;
  for (const details of stale.querySelectorAll("details[open]")) {
    const same = [...fresh.querySelectorAll("details")].find(
      (one) => one.dataset.path === details.dataset.path && one.className === details.className,
    );
    // What the server wrote is told anew; what was fetched for it is kept.
    if (details.classList.contains("look")) same?.replaceWith(details);
    else same?.setAttribute("open", "");
  }
  for (const typed of stale.querySelectorAll("input[id]")) {
    const same = page.getElementById(typed.id);
    if (same) same.value = typed.value;
  }
  // Until it is drawn anew the old one is shown: without it the page would jump.
  for (const id of PLOTS) page.getElementById(id)?.replaceChildren(...(byId(id)?.childNodes ?? []));
  stale.replaceChildren(...fresh.childNodes);
  found(stale)?.focus({ preventScroll: true });
}

/** Return a function that finds what stands for an element in other content of the same page. */
function finder(element) {
  if (element.id) return (content) => content.querySelector(`#${CSS.escape(element.id)}`);
  if (element.matches("summary")) {
    const { path } = element.parentElement.dataset;
    return (content) => [...content.querySelectorAll("summary")].find((one) => one.parentElement.dataset.path === path);
  }
  const href = element.getAttribute("href");
  if (href === null) return () => null;
  const all = [...document.querySelectorAll(`#main a[href="${CSS.escape(href)}"]`)];
  return (content) => content.querySelectorAll(`a[href="${CSS.escape(href)}"]`)[all.indexOf(element)];
}
