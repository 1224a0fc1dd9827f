// The form builder's comforts: what is typed is seen at once, components are moved by keys and by dragging.
const form = () => document.getElementById("builder-form");

document.addEventListener("change", (event) => {
  // what changes the panel itself is sent whole, by its own mark
  if (event.target.form !== form() || event.target.matches("[data-submit]")) return;
  window.htmx.trigger("#typing", "typed");
});

function act(words) {
  const button = document.createElement("button");
  Object.assign(button, { type: "submit", name: "_act", value: words, hidden: true });
  form().append(button);
  button.click();
  button.remove();
}

// a line of the outline to another position among its own kind
function move(line, step) {
  const parts = line.dataset.at.split("."), at = Number(parts.at(-1));
  if (step < 0 ? at > 0 : !("last" in line.dataset)) act(`move ${line.dataset.at} ${at + step}`);
}
document.addEventListener("keydown", (event) => {
  const line = event.altKey && event.target.closest?.("[data-outline] [data-at][draggable]");
  if (!line || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  move(line, event.key === "ArrowUp" ? -1 : 1);
});

let dragged;
const around = (line) => line.dataset.at.split(".").slice(0, -1).join(".");
const over = (event) => {
  const line = event.target.closest?.("[data-outline] [data-at]");
  return dragged && line && line !== dragged && around(line) === around(dragged) ? line : null;
};
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-outline] [data-at]");
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  for (const one of document.querySelectorAll(".is-target")) one.classList.remove("is-target");
  const line = over(event);
  if (line) { event.preventDefault(); line.classList.add("is-target"); }
});
document.addEventListener("drop", (event) => {
  const line = over(event);
  if (!line) return;
  event.preventDefault();
  act(`move ${dragged.dataset.at} ${line.dataset.at.split(".").at(-1)}`);
});
document.addEventListener("dragend", () => { dragged = null; });

// on a phone the chosen part stands below the outline: begin at its head
document.addEventListener("htmx:afterSettle", () => {
  const head = document.activeElement;
  if (head.id === "panel-title" && window.matchMedia("(max-width: 47.5rem)").matches) head.scrollIntoView({ block: "start" });
});
