// The studio's page of one file: its editor, judged while one works, kept by the form's button.
const page = document.querySelector("[data-studio]");
const words = JSON.parse(document.getElementById("studio-words").textContent);
const vocabulary = JSON.parse(document.getElementById("studio-vocabulary").textContent);
const form = page.querySelector("form[data-save]"), area = form.elements.source;
const problems = page.querySelector("[data-problems]"), state = page.querySelector("[data-state]");
let editor, waiting;

const EDITORS = {
  bpmn: async (box, panel) => new (await import("./studio-diagram.js")).DiagramEditor(box, panel, words, vocabulary, later, { area: page.dataset.file.split("/")[1], open: page.dataset.taskPart && openPart }),
  dmn: async (box) => new (await import("./studio-decision.js")).DecisionEditor(box, words, later),
};

function later() {
  if (!page.dataset.check) return;
  state.textContent = words.unsaved;
  clearTimeout(waiting);
  waiting = setTimeout(judge, 700);
}

async function judge() {
  if (!page.dataset.check) return;
  if (editor) area.value = await editor.source();
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, file: page.dataset.file, source: area.value });
  const answer = await fetch(page.dataset.check, { method: "POST", body, headers: { Accept: "application/json" } });
  if (answer.ok) tell(await answer.json());
}

function tell(found) {
  problems.replaceChildren();
  const mine = [...found.problems.map((one) => ({ ...one, tone: "bad" })), ...found.hints.map((one) => ({ ...one, tone: "wait" }))];
  page.querySelector("[data-count]").textContent = found.problems.length;
  for (const one of mine) {
    const row = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.className = `problem tone-${one.tone}`;
    button.textContent = [one.file === page.dataset.file ? "" : one.file, called(one), one.message].filter(Boolean).join(" · ");
    button.addEventListener("click", () => lead(one));
    row.append(button);
    problems.append(row);
  }
  if (!mine.length) { const row = document.createElement("li"); row.className = "muted"; row.textContent = words.right; problems.append(row); }
  editor?.mark?.(found.problems.filter((one) => one.file === page.dataset.file));
}

// to the element a problem is about; in another file of the change there
function lead({ file, element }) {
  if (file === page.dataset.file) editor?.choose?.(element);
  else if (JSON.parse(page.dataset.files).includes(file)) location.assign(`${location.pathname.split("/files/")[0]}/files/${file}#${element}`);
}

// an element of this file by its name
function called({ file, element }) { return file === page.dataset.file && editor?.called ? editor.called(element) : element; }

// a task's form or decision in the same change: the diagram is kept first, as it stands
async function openPart(task, part) {
  const sent = { csrf_token: form.elements.csrf_token.value, file: page.dataset.file, ...part, en: task.en, zh_Hant: task.zh, source: await editor.source() };
  const carrier = document.createElement("form");
  carrier.method = "post";
  carrier.action = page.dataset.taskPart;
  for (const [name, value] of Object.entries(sent)) {
    const input = document.createElement("textarea");
    Object.assign(input, { name, value });
    carrier.append(input);
  }
  carrier.hidden = true;
  document.body.append(carrier);
  state.textContent = "";
  carrier.submit();
}

async function begin() {
  const box = page.querySelector("[data-canvas]"), panel = page.querySelector("[data-panel]"), make = EDITORS[page.dataset.kind];
  area.addEventListener("input", later);
  if (!make) return judge();
  page.querySelector("[data-source]").hidden = true;
  page.querySelector("[data-workplace]").hidden = false;
  editor = await make(box, panel);
  await editor.open(area.value);
  await judge();
  state.textContent = "";
  if (location.hash) editor.choose?.(decodeURIComponent(location.hash.slice(1)));
  page.dataset.ready = "1";
  window.addEventListener("beforeunload", (event) => { if (state.textContent) event.preventDefault(); });
  // Enter ends a field or chooses what was searched for; keeping the file is Ctrl S or the button
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    if (event.target.closest("[data-panel]")) event.target.blur();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    document.activeElement?.blur();
    form.querySelector(".actions button")?.click();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    area.value = await editor.source();
    state.textContent = "";
    form.submit();
  });
}

begin().catch((error) => {
  // a source that cannot be drawn is mended as text
  page.querySelector("[data-source]").hidden = false;
  page.querySelector("[data-workplace]").hidden = true;
  state.textContent = words.notdrawn;
  console.warn(error);
  judge();
});
