/* Groups are moved by a handle or by buttons; their numbers follow. Without this they are typed. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector("#groups-group table");
  const body = table && table.tBodies[0];
  if (!body || !body.querySelector("tr.form-row:not(.empty-form) .field-position input")) return;

  const rows = () => [...body.querySelectorAll("tr.form-row:not(.empty-form)")];
  const place = (row) => row.querySelector(".field-position input");
  const heading = (row) => row.querySelector(".field-title input");
  const status = document.createElement("p");
  status.className = "groups-status";
  status.setAttribute("role", "status");
  table.after(status);

  function renumber() {
    let number = 0;
    for (const row of rows()) {
      // A row that is still empty is no group.
      if (heading(row).value.trim() || place(row).value) place(row).value = number += 1;
    }
    body.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function moved(row) {
    renumber();
    const there = rows();
    const name = heading(row).value || "The group";
    status.textContent = `${name} is now ${there.indexOf(row) + 1} of ${there.length}. Save to keep the order.`;
  }

  function step(row, by) {
    const there = rows();
    const other = there[there.indexOf(row) + by];
    if (!other) return;
    if (by < 0) other.before(row);
    else other.after(row);
    moved(row);
  }

  function button(label, sign, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = sign;
    made.setAttribute("aria-label", label);
    made.title = label;
    made.addEventListener("click", () => {
      act();
      made.focus();
    });
    return made;
  }

  function equip(row) {
    const cell = place(row).closest("td");
    if (cell.querySelector(".group-moves")) return;
    const moves = document.createElement("span");
    moves.className = "group-moves";
    const handle = document.createElement("span");
    handle.className = "group-handle";
    handle.textContent = "⠿";
    handle.title = "Drag to another place";
    handle.setAttribute("aria-hidden", "true");
    handle.addEventListener("pointerdown", (event) => drag(event, row, handle));
    moves.append(
      button("Move up", "↑", () => step(row, -1)),
      button("Move down", "↓", () => step(row, 1)),
      handle
    );
    cell.append(moves);
  }

  function drag(event, row, handle) {
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    row.classList.add("dragged");
    const order = rows().indexOf(row);
    // The others move around it: were it moved itself, it would lose the pointer.
    function follow({ clientY }) {
      const there = rows();
      const here = there.indexOf(row);
      const middle = (other) => {
        const box = other.getBoundingClientRect();
        return box.top + box.height / 2;
      };
      const above = there.slice(0, here).reverse().filter((other) => clientY < middle(other));
      const below = there.slice(here + 1).filter((other) => clientY > middle(other));
      for (const other of above) row.after(other);
      for (const other of below) row.before(other);
    }
    function drop() {
      handle.removeEventListener("pointermove", follow);
      row.classList.remove("dragged");
      if (rows().indexOf(row) !== order) moved(row);
    }
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("pointerup", drop, { once: true });
    handle.addEventListener("pointercancel", drop, { once: true });
  }

  rows().forEach(equip);
  document.addEventListener("formset:added", (event) => {
    if (event.target.closest("#groups-group")) equip(event.target);
  });
});
