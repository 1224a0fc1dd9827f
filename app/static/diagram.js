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
      overlays.add(id, { position: { top: -14, left: 8 }, html: token });
    }
  }
  fit(canvas, elements, marks, box);
  box.dataset.ready = "1";
}

// The whole diagram where it stays readable, else the part around the tokens.
function fit(canvas, elements, marks, box) {
  canvas.zoom("fit-viewport", "auto");
  if (canvas.zoom() >= 0.45) return;
  const current = Object.entries(marks).filter(([, mark]) => mark.state !== "done").map(([id]) => elements.get(id)).find(Boolean);
  canvas.zoom(0.7);
  const target = current ?? elements.filter((one) => one.type === "bpmn:StartEvent")[0];
  if (!target) return;
  const view = canvas.viewbox();
  canvas.viewbox({ x: target.x + target.width / 2 - view.outer.width / 1.4, y: target.y + target.height / 2 - view.outer.height / 1.4, width: view.outer.width / 0.7, height: view.outer.height / 0.7 });
}

for (const box of document.querySelectorAll("[data-bpmn]")) {
  show(box).catch(() => { box.hidden = true; });
}
