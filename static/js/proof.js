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
  for (const part of box.querySelectorAll("[data-by-hand]")) part.hidden = true;
  box.querySelector("[data-by-itself]").hidden = false;
  progress.hidden = false;
  progress.max = Number(hardest);

  function send() {
    const button = form.querySelector("button[type=submit], input[type=submit]");
    if (form.requestSubmit) form.requestSubmit(button);
    else form.submit();
  }

  function finish(said) {
    done = true;
    progress.hidden = true;
    worker.terminate();
    if (pressed || (!touched && said === "")) send();
    else line.textContent = said || "Done. Please press the button when you are ready.";
  }

  // Whoever is changing an entry is not interrupted.
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("submit", (event) => {
    if (done) return;
    event.preventDefault();
    pressed = true;
    line.textContent = "One moment, the calculation is not finished yet.";
  });
  worker.onerror = () => finish("It did not work here. Please press the button.");
  worker.onmessage = ({ data }) => {
    if (data.tried !== undefined) {
      progress.value = data.tried;
      return;
    }
    if (data.number === null) {
      finish("It did not work here. Please press the button.");
      return;
    }
    solution.value = btoa(
      JSON.stringify({ algorithm, challenge, number: data.number, salt, signature }),
    );
    finish("");
  };
  worker.postMessage({ challenge, salt, hardest: Number(hardest) });
});
