/* How far a long piece of work is, without pressing "Look again". Without this the link does it. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const PAUSE = 1500; // milliseconds

  async function look() {
    const shown = document.querySelector("[data-running]");
    if (!shown) return;
    // Nothing is taken away from under a key that is about to be pressed, or from who looks elsewhere.
    if (document.hidden) return void setTimeout(look, PAUSE);
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById(shown.id);
      if (!now) return void location.reload(); // it has ended with a page of its own
      if (now.hasAttribute("data-running")) {
        const bar = shown.querySelector("progress");
        if (bar) bar.value = now.querySelector("progress").value;
        const said = shown.querySelector("[role=status]");
        if (said) said.textContent = now.querySelector("[role=status]").textContent;
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
