/* The buttons above the list of sign-ons say how many are selected. Without this they just work. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const buttons = [...document.querySelectorAll("button[data-label]")];
  const unselected = new Map(buttons.map((button) => [button, button.textContent]));

  function say() {
    const number = document.querySelectorAll("input.action-select:checked").length;
    for (const button of buttons) {
      button.textContent = number
        ? button.dataset.label.replace("{n}", number)
        : unselected.get(button);
    }
  }

  // Django's own script selects rows after the click that asks for it.
  document.addEventListener("change", () => setTimeout(say));
  document.addEventListener("click", () => setTimeout(say));
  say();
});
