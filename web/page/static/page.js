// Puts times into the reader's time zone. Without it they stand in UTC, and say so.
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
  history.replaceState(null, "", here);
}

document.addEventListener("DOMContentLoaded", () => {
  localise(document);
  forgetNotice();
});
document.addEventListener("htmx:afterSwap", (event) => localise(event.target));
document.addEventListener("htmx:sseMessage", (event) => localise(event.target));
