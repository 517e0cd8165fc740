// Sizes, times, states and names in words.

const CLASSES = {
  "up to date": "fresh", stale: "stale", waits: "waits", running: "running", failed: "failed",
  ignored: "ignored", error: "error", missing: "error", built: "fresh", done: "fresh",
  interrupted: "waits", stopped: "waits", killed: "failed",
};
export const ORDER = ["failed", "error", "running", "stale", "waits", "up to date", "ignored"];

const UNITS = ["kB", "MB", "GB", "TB", "PB"];
// Colours and cursor movements of terminals.
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// Control characters, and what changes the direction of writing.
const UNSHOWABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]/gu;

/** Return the class of a state, "" for one that is not known. */
export const classOf = (state) => CLASSES[state] ?? "";

/** Return a number with commas. */
export const counted = (number) => number.toLocaleString("en");

/** Return a number with its noun: `1 stage`, `2 stages`. */
export const several = (number, one) => `${counted(number)} ${one}${number === 1 ? "" : "s"}`;

/** Return a time span: `0.02 s`, `12 s`, `3 min 20 s`, `2 h 05 min`. */
export function duration(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(seconds < 0.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Return for how long something has gone on that began at a moment, given in seconds since the epoch. */
export const lasted = (since) =>
  duration(Math.max(0, Math.floor(Date.now() / 1000 - since))).replace("0.00 s", "0 s").replace(/\.0 s$/, " s");

/** Return a number of bytes with a unit of thousands. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let power = 0;
  while (value >= 999.5 && power + 1 < UNITS.length) {
    value /= 1000;
    power += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}

/** Return a moment, given in seconds since the epoch, as a day and a time. */
export function moment(seconds) {
  const at = new Date(seconds * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Return a name in one line, with escapes for what can't be shown. */
export const shown = (text) =>
  String(text ?? "").replace(/\n/g, "\\n").replace(/\t/g, "\\t").replace(UNSHOWABLE, escaped);

/** Return printed text without what steers a terminal. */
export const printed = (text) => text.replace(ESCAPES, "").replace(/\r\n?/g, "\n").replace(UNSHOWABLE, escaped);

/** Return the lines that actions wrote, of those of a log with the head, foot and marks it has. */
export function written(lines) {
  if (!lines.every((line) => /^(?:# | {2}|! )/.test(line))) return lines;
  return lines.filter((line) => !line.startsWith("# ")).map((line) => line.slice(2));
}

function escaped(letter) {
  const code = letter.codePointAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Return a text of at most so many characters, with an ellipsis in its middle. */
export function shortened(text, most) {
  if (text.length <= most) return text;
  const end = Math.max(0, Math.floor((most - 1) / 2));
  return `${text.slice(0, Math.max(0, most - 1 - end))}…${end ? text.slice(-end) : ""}`;
}

/** Return a name as a part of an address; bytes that are no text come as lone surrogates. */
export const inAddress = (name) =>
  Array.from(name, (letter) => {
    const code = letter.codePointAt(0);
    return code >= 0xdc80 && code <= 0xdcff ? `%${(code - 0xdc00).toString(16)}` : encodeURIComponent(letter);
  }).join("");

/** Return the address of a stage's page. */
export const stagePath = (name) => `/stage/${inAddress(name)}`;
