/* How far a bulk action is, without pressing "Look again". Without this the link does it. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const PAUSE = 1500; // milliseconds

  async function look() {
    const shown = document.getElementById("bulk");
    if (!shown || !shown.hasAttribute("data-running")) return;
    // Nothing is taken away from under a key that is about to be pressed, or from who looks elsewhere.
    if (document.hidden) return void setTimeout(look, PAUSE);
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById("bulk");
      if (!now) return; // signed out, or gone
      if (now.hasAttribute("data-running")) {
        const bar = now.querySelector("progress");
        shown.querySelector("progress").value = bar.value;
        shown.querySelector("#bulk-said").textContent = now.querySelector("#bulk-said").textContent;
      } else {
        // It has ended: other buttons are offered now.
        const inside = shown.contains(document.activeElement);
        shown.replaceWith(now);
        if (inside) {
          const heading = now.querySelector("h2");
          heading.tabIndex = -1;
          heading.focus();
        }
        return;
      }
    } catch {
      // The server is away for a moment; it is asked again.
    }
    setTimeout(look, PAUSE);
  }

  setTimeout(look, PAUSE);
});
