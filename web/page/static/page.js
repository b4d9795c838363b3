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

document.addEventListener("DOMContentLoaded", () => localise(document));
document.addEventListener("htmx:afterSwap", (event) => localise(event.target));
document.addEventListener("htmx:sseMessage", (event) => localise(event.target));
