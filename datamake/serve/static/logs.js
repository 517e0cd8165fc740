// Follows a log that grows, by asking for what is new.

import { json } from "./api.js";
import { printed } from "./words.js";

const EVERY_MILLISECONDS = 700;
// More than this many characters are not kept on the page.
const MOST_CHARACTERS = 1_000_000;

/**
 * Append to an element what comes to a log, until it has ended; `address` gets `offset` appended.
 * Returns a function that stops it. `ended` is called when there is no more to come.
 */
export function followLog(into, address, { offset = null, ended = () => {}, first = null } = {}) {
  let stopped = false;
  let timer = 0;

  const ask = async () => {
    let answer = null;
    try {
      answer = await json(offset === null ? address : `${address}?offset=${offset}`);
    } catch (error) {
      if (stopped) return;
      if (error.status === 404) return void ended(null);
      timer = setTimeout(ask, 4 * EVERY_MILLISECONDS);
      return;
    }
    if (stopped) return;
    if (answer.text) append(into, printed(answer.text));
    if (first) first(answer);
    first = null;
    const more = offset !== null && answer.next > offset && answer.next < answer.size;
    offset = answer.next;
    if (answer.ended && !more) ended(answer);
    else timer = setTimeout(ask, more ? 0 : EVERY_MILLISECONDS);
  };
  ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Append text, and stay at its end if that is where the reader is. */
export function append(into, text) {
  const atEnd = into.scrollTop + into.clientHeight >= into.scrollHeight - 24;
  into.append(text);
  while (into.textContent.length > MOST_CHARACTERS && into.childNodes.length > 1) into.firstChild.remove();
  if (atEnd) into.scrollTop = into.scrollHeight;
}
