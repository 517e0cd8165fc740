// Hears from the server what changed.

const AGAIN_MILLISECONDS = 3000;

/**
 * Call the handler of each event, which are named as the server names them, with its data.
 * `back` is called when the connection is there again after it was lost.
 */
export function follow(since, handlers, back = () => {}) {
  const sign = document.getElementById("live");
  let last = since;
  let lost = false;

  const show = (state, words) => {
    if (!sign) return;
    sign.hidden = false;
    sign.dataset.live = state;
    sign.firstElementChild.textContent = words;
    sign.title = words;
  };

  const open = () => {
    const source = new EventSource(last === "" ? "/api/events" : `/api/events?since=${encodeURIComponent(last)}`);
    source.onopen = () => {
      show("on", "live");
      if (lost) back();
      lost = false;
    };
    source.onerror = () => {
      lost = true;
      show("off", "not connected");
      // What the browser gives up for good, a refusal for one, is tried again here.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MILLISECONDS);
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) last = event.lastEventId;
        handle(JSON.parse(event.data || "{}"));
      });
    }
    // A page that is kept for "back" would hold its connection.
    addEventListener("pagehide", () => source.close(), { once: true });
    addEventListener("pageshow", (event) => event.persisted && location.reload(), { once: true });
  };
  open();
}
