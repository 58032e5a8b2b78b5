/* Keys for the page of one sign-on: each presses the button that shows it. Without this the buttons
   just work. The keys can be turned off (WCAG 2.1.4), and do nothing while a field is in use. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector(".signon-keys");
  if (!box) return;
  const choice = box.querySelector("#keys-on");
  const buttons = [...document.querySelectorAll("[data-key]")];
  const STORED = "sign-on-keys";
  let pressed = false;

  function stored() {
    try {
      return localStorage.getItem(STORED);
    } catch {
      return null; // a browser that keeps nothing
    }
  }

  function show() {
    for (const button of buttons) {
      button.querySelector("kbd")?.remove();
      if (!choice.checked) {
        button.removeAttribute("aria-keyshortcuts");
        continue;
      }
      const hint = document.createElement("kbd");
      hint.textContent = button.dataset.key.toUpperCase();
      hint.setAttribute("aria-hidden", "true");
      button.append(" ", hint);
      button.setAttribute("aria-keyshortcuts", button.dataset.key);
    }
  }

  function inField(element) {
    return element.closest("input, textarea, select, [contenteditable], [role='combobox']");
  }

  function press(button) {
    const details = button.closest("details");
    if (button.tagName !== "SUMMARY") {
      pressed = true; // the page is left: a second key must not press again
      button.click();
      return;
    }
    // What is in it takes the focus once it is shown, not before.
    details.addEventListener("toggle", () => {
      const first = details.querySelector("input:not([type=hidden]), textarea");
      (details.open && first ? first : button).focus();
    }, { once: true });
    details.open = !details.open;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = event.target.closest?.("details[open].signon-ask, details[open].signon-keys");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      return;
    }
    if (!choice.checked || pressed || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
    const button = buttons.find((one) => one.dataset.key === event.key.toLowerCase());
    if (!button) return;
    event.preventDefault();
    press(button);
  });
  // A page that the browser brings back is alive again.
  window.addEventListener("pageshow", () => { pressed = false; });

  choice.checked = stored() !== "off";
  choice.addEventListener("change", () => {
    try {
      localStorage.setItem(STORED, choice.checked ? "on" : "off");
    } catch {
      // Then it is chosen for this page.
    }
    show();
  });
  box.hidden = false;
  show();
});
