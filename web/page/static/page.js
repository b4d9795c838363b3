// Puts times into the reader's time zone, where without it they stand in UTC, and say so; tells when live updates are lost.
"use strict";

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const shown = moment.toLocaleString("sv-SE", { timeZoneName: "shortOffset" });
    time.textContent = shown;
    time.title = time.dateTime;
  }
}

// What was just done is said once: not again when the page is loaded anew, nor to whom its address is sent.
function forgetNotice() {
  const here = new URL(location.href);
  if (!here.searchParams.has("done")) return;
  here.searchParams.delete("done");
  here.searchParams.delete("n");
  here.searchParams.delete("goes");
  history.replaceState(null, "", here);
}

document.addEventListener("DOMContentLoaded", () => {
  localise(document);
  forgetNotice();
});
document.addEventListener("htmx:afterSwap", (event) => localise(event.target));
document.addEventListener("htmx:sseMessage", (event) => localise(event.target));

function tellLost(isLost) {
  for (const note of document.querySelectorAll(".live-lost")) note.hidden = !isLost;
}

// A stream ends now and then, and the browser opens the next one two seconds later: that is no loss.
let lost;
document.addEventListener("htmx:sseError", () => {
  lost ??= setTimeout(() => tellLost(true), 5000);
});
document.addEventListener("htmx:sseOpen", () => {
  clearTimeout(lost);
  lost = undefined;
  tellLost(false);
});

// Over HTTP/1.1 a browser opens six connections to a host: a screen that nobody sees gives its own up until it is seen again.
let stream, givenUp;
htmx.createEventSource = (address) => (stream = new EventSource(address));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    givenUp = stream;
    stream?.close();
  } else if (stream !== undefined && givenUp === stream) {
    stream.dispatchEvent(new Event("error")); // htmx opens the next one
  }
});

// What somebody fills in is not swapped away; the newest is swapped in when it is left.
const waiting = new Map();

function isFilledIn(part) {
  const fields = [...part.querySelectorAll("input, textarea")];
  return part.querySelector("form") && (part.contains(document.activeElement) || fields.some((field) => field.value !== field.defaultValue));
}

let focused = null;
document.addEventListener("htmx:sseBeforeMessage", (event) => {
  const part = event.target;
  waiting.delete(part);
  focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  if (!isFilledIn(part)) return;
  event.preventDefault();
  waiting.set(part, event.detail.data);
});
// Whoever goes by keyboard stays on the same link.
document.addEventListener("htmx:sseMessage", (event) => {
  if (focused !== null) event.target.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
});
document.addEventListener("focusout", () => setTimeout(() => {
  for (const [part, text] of waiting) {
    if (isFilledIn(part)) continue;
    waiting.delete(part);
    htmx.swap(part, text, { swapStyle: "innerHTML" });
    localise(part);
  }
}));
