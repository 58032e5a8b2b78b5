/* The form of a letter: a toolbar for the body, and a preview that follows what is typed.
   Without this the Markdown is typed, and the preview's buttons show it in the same frame. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const body = document.getElementById("id_body");
  if (body && !body.disabled) addToolbar(body);
  const section = document.getElementById("preview");
  if (section) followTyping(section);
});

/* The toolbar */

const TOOLS = [
  { label: "Bold", key: "b", act: (field) => wrap(field, "**", "bold") },
  { label: "Italic", key: "i", act: (field) => wrap(field, "*", "italic") },
  { label: "Link", key: "k", act: link },
  { label: "Bullets", act: (field) => startLines(field, "- ") },
  { label: "Heading", act: (field) => startLines(field, "## ") },
];

function addToolbar(field) {
  const bar = document.createElement("div");
  bar.className = "editor-tools";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "For the text");
  bar.setAttribute("aria-controls", field.id);
  const buttons = TOOLS.map((tool, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = tool.label;
    button.tabIndex = place ? -1 : 0;
    if (tool.key) {
      button.title = `Ctrl+${tool.key.toUpperCase()}`;
      button.setAttribute("aria-keyshortcuts", `Control+${tool.key.toUpperCase()}`);
    }
    button.addEventListener("click", () => tool.act(field));
    bar.append(button);
    return button;
  });
  // One stop of the tab key, and arrows within, as toolbars have it (ARIA practices).
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const here = buttons.indexOf(document.activeElement);
    const next = buttons[(here + step + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });
  field.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const tool = TOOLS.find((one) => one.key === event.key.toLowerCase());
    if (!tool) return;
    event.preventDefault();
    tool.act(field);
  });
  field.before(bar);
}

/* Puts text in place of a stretch of the field, so that undoing takes it back. */
function put(field, start, end, text, selectFrom, selectTo) {
  field.focus();
  field.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, start, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(selectFrom, selectTo);
}

function wrap(field, mark, example) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const before = value.slice(start - mark.length, start);
  const after = value.slice(end, end + mark.length);
  if (start !== end && before === mark && after === mark) {
    const plain = value.slice(start, end);
    put(field, start - mark.length, end + mark.length, plain, start - mark.length, end - mark.length);
    return;
  }
  const chosen = value.slice(start, end) || example;
  // Marks beside a space mean nothing.
  const [, lead, words, trail] = chosen.match(/^(\s*)([^]*?)(\s*)$/);
  const from = start + lead.length + mark.length;
  put(field, start, end, `${lead}${mark}${words}${mark}${trail}`, from, from + words.length);
}

function link(field) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const words = value.slice(start, end) || "the words of the link";
  const address = "https://";
  const from = start + words.length + 3;
  put(field, start, end, `[${words}](${address})`, from, from + address.length);
}

function startLines(field, mark) {
  const { selectionStart, selectionEnd, value } = field;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const stop = value.indexOf("\n", selectionEnd);
  const end = stop === -1 ? value.length : stop;
  const lines = value.slice(start, end).split("\n");
  const filled = lines.filter((line) => line.trim());
  const off = filled.length > 0 && filled.every((line) => line.startsWith(mark));
  const text = lines
    .map((line) => {
      if (off) return line.startsWith(mark) ? line.slice(mark.length) : line;
      return line.trim() || lines.length === 1 ? mark + line.replace(/^(- |#+ )/, "") : line;
    })
    .join("\n");
  put(field, start, end, text, start + text.length, start + text.length);
}

/* The preview */

const PAUSE = 600; // milliseconds after the last key

function followTyping(section) {
  const form = section.closest("form");
  const frame = section.querySelector("iframe");
  const notes = section.querySelector(".preview-notes");
  const state = section.querySelector(".preview-state");
  const buttons = [...section.querySelectorAll("button[name=show]")];
  let show = "page";
  let timer = 0;
  let asking = null;

  async function refresh() {
    // Of an empty form there is nothing to show, and nothing to complain about.
    const typed = ["title", "body"].some((name) => form.elements[name].value.trim());
    if (!typed) return;
    clearTimeout(timer);
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    data.set("show", show);
    try {
      const response = await fetch(buttons[0].formAction, {
        method: "POST",
        body: data,
        headers: { Accept: "application/json" },
        signal: mine.signal,
      });
      if (!response.ok || response.redirected) throw new Error(response.status);
      const answer = await response.json();
      display(frame, answer.html, show);
      tell(answer.notes);
      say("");
    } catch (error) {
      if (error.name !== "AbortError") say("The preview could not be made. It is tried again when you type.");
    }
  }

  // Only what changed, as it is read out.
  function say(words) {
    if (state.textContent !== words) state.textContent = words;
  }

  function tell(found) {
    notes.hidden = !found.length;
    notes.replaceChildren(
      ...found.map((words) => {
        const item = document.createElement("li");
        item.dir = "auto";
        item.textContent = words;
        return item;
      })
    );
  }

  function press(chosen) {
    show = chosen.value;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === chosen));
    refresh();
  }

  for (const button of buttons) {
    button.textContent = button.value === "pdf" ? "PDF" : "Page";
    button.addEventListener("click", (event) => {
      event.preventDefault();
      press(button);
    });
  }
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  };
  form.addEventListener("input", wait);
  form.addEventListener("change", wait);
  addTabs(section, refresh);
  press(buttons[0]);
}

/* Into the frame as it is: its style stays loaded, its place stays where it was scrolled to, and
   the browser's way back has no step for each pause. No script runs in there. */
function display(frame, html, show) {
  const there = frame.contentDocument;
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (frame.dataset.show === show && there.body) {
    there.documentElement.lang = fresh.documentElement.lang;
    there.documentElement.dir = fresh.documentElement.dir;
    there.documentElement.replaceChild(there.adoptNode(fresh.body), there.body);
    return;
  }
  there.open();
  there.write(html);
  there.close();
  frame.dataset.show = show;
}

/* On a narrow screen the form and its preview take turns. */
function addTabs(section, refresh) {
  const desk = section.parentElement;
  const bar = document.createElement("div");
  bar.className = "editor-turns";
  const [write, look] = ["Write", "Preview"].map((label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = label;
    bar.append(button);
    return button;
  });
  function turn(previewing) {
    desk.classList.toggle("previewing", previewing);
    write.setAttribute("aria-pressed", String(!previewing));
    look.setAttribute("aria-pressed", String(previewing));
    if (previewing) refresh();
  }
  write.addEventListener("click", () => turn(false));
  look.addEventListener("click", () => turn(true));
  desk.classList.add("takes-turns");
  desk.prepend(bar);
  turn(false);
}
