/* Keys in the list of sign-ons: j k a r x o ?. Without this, all is done by its links and buttons.

   What acts, acts on the row that has the focus only, and nothing while somebody types. The keys can
   be turned off in the box that tells of them (WCAG 2.1.4); this browser remembers it. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const OFF = "desk-keys-off";
  const ROW = "desk-row";
  const rows = [...document.querySelectorAll("#result_list tbody tr")];
  const help = document.querySelector(".desk-keys");
  const used = document.getElementById("list-keys");
  if (!help || !used) return;

  help.hidden = false;
  used.checked = localStorage.getItem(OFF) === null;
  used.addEventListener("change", () => {
    if (used.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
  // Not in the order of Tab: the row's own link, box and buttons are.
  for (const row of rows) row.tabIndex = -1;

  let last = -1;

  function current() {
    return rows.findIndex((row) => row.contains(document.activeElement));
  }

  function go(place) {
    last = Math.max(0, Math.min(place, rows.length - 1));
    const row = rows[last];
    if (!row) return;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function press(row, selector) {
    const found = row.querySelector(selector);
    if (!found) return;
    // The page that comes next begins at this place: the next row has moved up to it.
    sessionStorage.setItem(ROW, String(rows.indexOf(row)));
    found.click();
  }

  function typing(target) {
    return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
  }

  const acts = {
    a: (row) => press(row, ".row-moves button"),
    r: (row) => press(row, ".row-moves a"),
    o: (row) => press(row, "th a, td.field-name a"),
    x: (row) => row.querySelector("input.action-select")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (!used.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) return;
    const place = current();
    const row = rows[place];
    let key = event.key;
    if (row && key === "ArrowDown") key = "j";
    if (row && key === "ArrowUp") key = "k";
    if (key === "Enter" && event.target === row) key = "o";
    // From elsewhere to where one was.
    if (key === "j") go(place < 0 ? last : place + 1);
    else if (key === "k") go(place < 0 ? last : place - 1);
    else if (key === "?") {
      help.open = !help.open;
      if (help.open) help.querySelector("summary").focus();
    } else if (row && !event.repeat && Object.hasOwn(acts, key)) acts[key](row);
    else return;
    event.preventDefault();
  });

  const before = sessionStorage.getItem(ROW);
  sessionStorage.removeItem(ROW);
  if (before !== null && used.checked && rows.length) go(Number(before));
});
