// A live BPMN diagram: what is done, where the tokens stand and who has them.
import * as bundle from "./dist/viewer.js";

const Viewer = bundle.NavigatedViewer ?? bundle.default ?? window.NavigatedViewer;

async function show(box) {
  const answer = await fetch(box.dataset.bpmn, { headers: { Accept: "application/xml" } });
  if (!answer.ok) throw new Error(answer.statusText);
  const viewer = new Viewer({ container: box });
  await viewer.importXML(await answer.text());
  const canvas = viewer.get("canvas"), overlays = viewer.get("overlays"), elements = viewer.get("elementRegistry");
  const marks = JSON.parse(box.dataset.marks || "{}");
  for (const [id, mark] of Object.entries(marks)) {
    if (!elements.get(id)) continue;
    canvas.addMarker(id, `is-${mark.state}`);
    if (mark.this) canvas.addMarker(id, "is-this");
    if (mark.token) {
      const token = document.createElement("span");
      token.className = "diagram-token";
      token.textContent = mark.token;
      overlays.add(id, { position: { top: -14, left: 8 }, scale: { min: 0.85 }, html: token });
    }
  }
  fit(canvas, elements, marks, box);
  box.dataset.ready = "1";
  return viewer;
}

// The whole diagram where it stays readable, else the part around the tokens.
function fit(canvas, elements, marks, box) {
  canvas.zoom("fit-viewport", "auto");
  if (canvas.zoom() >= 0.45) return;
  const current = Object.entries(marks).filter(([, mark]) => mark.state !== "done").map(([id]) => elements.get(id)).map((one) => one?.source ?? one).find(Boolean);
  canvas.zoom(0.7);
  const target = current ?? elements.filter((one) => one.type === "bpmn:StartEvent")[0];
  if (!target) return;
  const view = canvas.viewbox();
  canvas.viewbox({ x: target.x + target.width / 2 - view.outer.width / 1.4, y: target.y + target.height / 2 - view.outer.height / 1.4, width: view.outer.width / 0.7, height: view.outer.height / 0.7 });
}

// Two diagrams move as one, and the table beside them shows its elements in both.
function pair(box, viewers) {
  const canvases = viewers.map((viewer) => viewer.get("canvas"));
  let leading = true;
  canvases.forEach((canvas, n) => {
    viewers[n].get("eventBus").on("canvas.viewbox.changed", () => {
      if (!leading) return;
      leading = false;
      const { x, y, width, height } = canvas.viewbox();
      canvases[1 - n].viewbox({ x, y, width, height });
      leading = true;
    });
  });
  const { x, y, width, height } = canvases[1].viewbox();
  canvases[0].viewbox({ x, y, width, height });
  for (const cell of box.parentElement.querySelectorAll("[data-shows]")) {
    const found = viewers.map((viewer) => viewer.get("elementRegistry").get(cell.dataset.shows));
    if (!found.some(Boolean)) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-link btn-sm p-0";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      viewers.forEach((viewer, n) => {
        viewer.get("elementRegistry").forEach((one) => canvases[n].removeMarker(one.id, "is-this"));
        if (found[n]) canvases[n].addMarker(found[n].id, "is-this");
      });
      const n = found[1] ? 1 : 0;
      canvases[n].scrollToElement(found[n], 60);
      box.scrollIntoView({ block: "nearest" });
    });
  }
  box.dataset.ready = "1";
}

async function start() {
  const shown = new Map();
  await Promise.all([...document.querySelectorAll("[data-bpmn]")].map(async (box) => {
    try {
      shown.set(box, await show(box));
    } catch (error) {
      console.warn(error);
      box.hidden = true;
    }
  }));
  for (const box of document.querySelectorAll("[data-pair]")) {
    const viewers = [...box.querySelectorAll("[data-bpmn]")].map((one) => shown.get(one));
    if (viewers.every(Boolean)) pair(box, viewers);
  }
}

start();
