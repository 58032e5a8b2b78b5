/* A button that copies a field. Without this the field is selected and copied by hand. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    const status = button.parentElement.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      let done = false;
      try {
        await navigator.clipboard.writeText(field.value);
        done = true;
      } catch {
        // Not on an insecure address: the older way, which needs the selection.
        field.focus();
        field.select();
        done = document.execCommand("copy");
      }
      status.textContent = done ? "Copied." : "It is selected: copy it with your keyboard.";
    });
  }
});
