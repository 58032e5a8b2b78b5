/* The buttons above the list of sign-ons say how many are selected. Without this they just work. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const buttons = [...document.querySelectorAll("button[data-label]")];
  const unselected = new Map(buttons.map((button) => [button, button.textContent]));
  const across = document.querySelector("input[name=select_across]");

  function selected() {
    if (across && across.checked) return across.dataset.total;
    return document.querySelectorAll("input.action-select:checked").length;
  }

  function say() {
    const number = selected();
    for (const button of buttons) {
      button.textContent = number
        ? button.dataset.label.replace("{n}", number)
        : unselected.get(button);
    }
  }

  // Django's own script selects rows after the click that asks for it.
  document.addEventListener("change", () => setTimeout(say));
  document.addEventListener("click", () => setTimeout(say));
  window.addEventListener("pageshow", () => setTimeout(say));
  say();
});
