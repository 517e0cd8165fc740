// Fetches the page again and puts its content in place of what is shown: the server renders it.

import { text } from "./api.js";

const AT_MOST_EVERY_MILLISECONDS = 1500;

/** Return a function that renews the page soon, at most so often; `after` is called each time. */
export function renewal(after) {
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
    const [fresh, stale] = [page.getElementById("main"), document.getElementById("main")];
    const open = [...stale.querySelectorAll("details[open]")];
    const focused = stale.contains(document.activeElement) ? document.activeElement.id : "";
    // What a reader has opened stays as it is.
    for (const details of open) {
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
    stale.replaceChildren(...fresh.childNodes);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    after();
  };

  return () => {
    if (timer) return;
    timer = setTimeout(renew, Math.max(0, last + AT_MOST_EVERY_MILLISECONDS - Date.now()));
  };
}
