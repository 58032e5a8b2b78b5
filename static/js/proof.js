/* Near a limit the form comes back with a calculation to do. This does it, and sends the form.
   Without it the button does the same, and the mail takes longer. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-challenge]");
  const form = document.querySelector("form");
  if (!box || !form || !window.Worker) return;
  const { algorithm, challenge, salt, hardest, signature, worker: address } = box.dataset;
  const solution = form.elements.namedItem("proof");
  const progress = box.querySelector("progress");
  const line = box.querySelector("[data-line]");
  let touched = false;
  let pressed = false;
  let done = false;

  let worker;
  try {
    worker = new Worker(address);
  } catch {
    return;
  }
  byHand(false);
  progress.max = Number(hardest);

  function send() {
    const button = form.querySelector("button[type=submit], input[type=submit]");
    if (form.requestSubmit) form.requestSubmit(button);
    else form.submit();
  }

  function byHand(isIt) {
    for (const part of box.querySelectorAll("[data-by-hand]")) part.hidden = !isIt;
    box.querySelector("[data-by-itself]").hidden = isIt;
    progress.hidden = isIt;
  }

  function stop() {
    done = true;
    progress.hidden = true;
    worker.terminate();
  }

  function succeed() {
    stop();
    if (pressed || !touched) send();
    else line.textContent = "Done. Please press the button when you are ready.";
  }

  // As if there were no script: what then holds stands in the page.
  function fail() {
    stop();
    byHand(true);
    line.textContent = "";
    if (pressed) send();
  }

  // Whoever is changing an entry is not interrupted.
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("submit", (event) => {
    if (done) return;
    event.preventDefault();
    pressed = true;
    line.textContent = "One moment, the calculation is not finished yet.";
  });
  worker.onerror = fail;
  worker.onmessage = ({ data }) => {
    if (data.tried !== undefined) {
      progress.value = data.tried;
      return;
    }
    if (data.number === null) {
      fail();
      return;
    }
    solution.value = btoa(
      JSON.stringify({ algorithm, challenge, number: data.number, salt, signature }),
    );
    succeed();
  };
  worker.postMessage({ challenge, salt, hardest: Number(hardest) });
});
