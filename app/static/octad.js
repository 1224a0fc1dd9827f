// Small comforts on top of pages that work without them: menus, line tables, keys, drafts.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // menus: Escape and a click elsewhere close them
  document.addEventListener("click", (event) => {
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of all("details.menu[open]")) { menu.open = false; $("summary", menu).focus(); }
  });
  for (const menu of all("details.menu")) menu.addEventListener("toggle", () => {
    if (menu.open) for (const other of all("details.menu[open]")) if (other !== menu) other.open = false;
  });

  // selects that submit their form at once, checkboxes that tick a whole list
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-check-all]")) {
      for (const box of all(event.target.dataset.checkAll)) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-check], [data-check-all]")) countChosen();
  });
  function countChosen() {
    const chosen = all("[data-check]:checked").length;
    for (const bar of all("[data-bulkbar]")) bar.classList.toggle("is-active", chosen > 0);
    for (const out of all("[data-chosen]")) out.textContent = chosen;
  }

  // confirmation of what cannot be taken back
  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // conditions of visible fields: nested lists from the server
  const asNumber = (value) => (value === null || value === "" || Number.isNaN(Number(value)) ? null : Number(value));
  function compare(a, b, test) {
    const [x, y] = [asNumber(a), asNumber(b)];
    if (x !== null && y !== null && typeof a !== "boolean" && typeof b !== "boolean") return test(x, y);
    return a === null || b === null ? false : test(String(a), String(b));
  }
  const operations = {
    "==": (a, b) => (typeof a === "boolean" || typeof b === "boolean" || a === null || b === null ? a === b : compare(a, b, (x, y) => x === y)),
    "!=": (a, b) => !operations["=="](a, b),
    "<": (a, b) => compare(a, b, (x, y) => x < y),
    "<=": (a, b) => compare(a, b, (x, y) => x <= y),
    ">": (a, b) => compare(a, b, (x, y) => x > y),
    ">=": (a, b) => compare(a, b, (x, y) => x >= y),
    in: (a, b) => Array.isArray(b) ? b.map(String).includes(String(a)) : String(b ?? "").includes(String(a)),
    "not in": (a, b) => !operations.in(a, b),
    "+": (a, b) => asNumber(a) + asNumber(b), "-": (a, b) => asNumber(a) - asNumber(b),
    "*": (a, b) => asNumber(a) * asNumber(b), "/": (a, b) => asNumber(a) / asNumber(b),
    not: (a) => !a, number: asNumber, text: (a) => String(a ?? ""), len: (a) => (a ?? "").length,
  };
  function fieldValue(form, name) {
    const inputs = all(`[name="${CSS.escape(name)}"]`, form);
    if (!inputs.length) return null;
    if (inputs[0].type === "radio") return inputs.find((one) => one.checked)?.value ?? "";
    if (inputs[0].type === "checkbox") return inputs[0].checked;
    return inputs[0].value.normalize("NFKC").trim();
  }
  function value(node, form) {
    const [operation, ...rest] = node;
    if (operation === "value") return rest[0];
    if (operation === "field") return fieldValue(form, rest[0]);
    if (operation === "and") return rest.every((one) => value(one, form));
    if (operation === "or") return rest.some((one) => value(one, form));
    return operations[operation](...rest.map((one) => value(one, form)));
  }
  function showConditional(form) {
    for (const part of all("[data-visible]", form)) part.hidden = !value(JSON.parse(part.dataset.visible), form);
  }

  // line tables: add, remove, paste from a spreadsheet
  const nextIndex = (table) => {
    const used = all("[data-row] [name]", table).map((one) => Number(one.name.split("-")[1])).filter(Number.isFinite);
    return used.length ? Math.max(...used) + 1 : 0;
  };
  function renumber(table) {
    all("[data-row]", table).forEach((row, at) => { $(".row-number", row).textContent = at + 1; });
  }
  function addRow(table) {
    const body = $("tbody", table);
    if (body.children.length >= Number(table.dataset.maxRows)) return null;
    const index = nextIndex(table);
    const row = $("template", table).content.firstElementChild.cloneNode(true);
    for (const element of [row, ...all("*", row)]) {
      for (const attribute of [...element.attributes]) {
        if (attribute.value.includes("__")) element.setAttribute(attribute.name, attribute.value.replaceAll("__", index));
      }
    }
    body.append(row);
    renumber(table);
    window.htmx?.process(row);
    return row;
  }
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]"), remove = event.target.closest("[data-remove]");
    if (!add && !remove) return;
    const table = event.target.closest("[data-lines]");
    event.preventDefault();
    if (add) addRow(table)?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    if (remove) { remove.closest("[data-row]").remove(); renumber(table); $("[data-add]", table)?.focus(); }
    queueDraft(table.closest("form"));
  });
  document.addEventListener("paste", (event) => {
    const table = event.target.closest?.("[data-lines]");
    const pasted = event.clipboardData?.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "") ?? "";
    if (!table || !/[\t\n]/.test(pasted)) return;
    event.preventDefault();
    let row = event.target.closest("[data-row]");
    const inputs = (one) => all("td input:not([type=hidden]), td select, td textarea", one);
    const start = inputs(row).indexOf(event.target);
    for (const line of pasted.split("\n")) {
      row ??= $("template", table) ? addRow(table) : null;
      if (!row) break;
      line.split("\t").forEach((text, at) => fill(inputs(row)[start + at], text.trim()));
      row = row.nextElementSibling;
    }
    queueDraft(table.closest("form"));
  });
  function fill(input, text) {
    if (!input) return;
    if (input.type === "checkbox") input.checked = /^(1|true|yes|y|是|✓|v)$/i.test(text);
    else if (input.tagName === "SELECT") {
      const option = [...input.options].find((one) => one.value === text || one.text.trim() === text);
      if (option) input.value = option.value;
    } else if (input.type === "date") input.value = text.replace(/[/.]/g, "-").replace(/-(\d)(?=-|$)/g, "-0$1");
    else input.value = text;
  }

  // drafts: saved while typing, never in the way
  let timer;
  function queueDraft(form) {
    if (!form?.dataset.draft) return;
    clearTimeout(timer);
    timer = setTimeout(() => saveDraft(form), 1500);
  }
  async function saveDraft(form) {
    const body = new FormData(form);
    for (const [name, entry] of [...body]) if (entry instanceof File) body.delete(name);
    const sign = $("[data-saved]", form);
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
      if (sign) sign.textContent = answer.ok ? sign.dataset.saved : "";
    } catch { if (sign) sign.textContent = ""; }
  }
  function ready(root) {
    for (const form of all("form[data-form]", root.closest?.("form") ? root.parentNode : root)) {
      showConditional(form);
      for (const hint of all("[data-paste-hint]", form)) hint.hidden = false;
    }
    $("[data-focus]", root)?.focus();
    for (const button of all("[data-scan-button]", root)) button.hidden = !("BarcodeDetector" in window) && !matchMedia("(pointer: coarse)").matches;
  }
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-form]");
    if (form) { showConditional(form); queueDraft(form); }
  });
  document.addEventListener("submit", () => clearTimeout(timer));
  document.addEventListener("htmx:afterSettle", (event) => ready(event.target));

  // barcode by camera, where the browser can
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-scan-button]");
    if (!button) return;
    const input = $("[data-scan]", button.parentNode);
    if (!("BarcodeDetector" in window)) { photograph(button, input); return; }
    const dialog = document.createElement("dialog"), video = document.createElement("video");
    video.muted = true; video.playsInline = true; video.width = 320;
    dialog.append(video); document.body.append(dialog);
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
    if (!stream) { dialog.remove(); input.focus(); return; }
    video.srcObject = stream; await video.play(); dialog.showModal();
    const detector = new window.BarcodeDetector();
    const stop = () => { clearInterval(look); stream.getTracks().forEach((one) => one.stop()); dialog.remove(); input.focus(); };
    const look = setInterval(async () => {
      const [code] = await detector.detect(video).catch(() => []);
      if (code) { input.value = code.rawValue; input.dispatchEvent(new Event("input", { bubbles: true })); stop(); }
    }, 250);
    dialog.addEventListener("close", stop);
  });

  // barcode by photo, read by the server, where the browser cannot
  function photograph(button, input) {
    const camera = document.createElement("input"), said = $(".scan-said", button.parentNode);
    camera.type = "file"; camera.accept = "image/*"; camera.capture = "environment";
    camera.addEventListener("change", async () => {
      const body = new FormData();
      body.append("photo", camera.files[0]);
      body.append("csrf_token", $("[name=csrf_token]", button.form ?? document).value);
      const answer = await fetch("/scan", { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
      const found = answer?.ok ? (await answer.json()).codes[0] : null;
      said.textContent = found ? "" : button.dataset.scanNone;
      if (!found) return;
      input.value = found; input.dispatchEvent(new Event("input", { bubbles: true })); input.focus();
    });
    camera.click();
  }

  // inbox by keyboard
  const typing = (target) => target.matches?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  let selected = -1, completing = false;
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "preview-body") return;
    $("#preview").showModal();
    if (completing) (event.target.querySelector("input:not([type=hidden]), select, textarea, button") ?? event.target).focus();
    completing = false;
  });
  function select(step) {
    const rows = all("[data-task]");
    if (!rows.length) return;
    selected = Math.min(rows.length - 1, Math.max(0, selected + step));
    rows.forEach((row, at) => row.classList.toggle("is-selected", at === selected));
    $("a", rows[selected])?.focus();
    rows[selected].scrollIntoView({ block: "nearest" });
  }
  // on a task's page the same keys turn the tabs beside the form
  function go(step) {
    if ($("[data-task]")) { select(step); return; }
    const tabs = all(".task-side .tabs a"), at = tabs.findIndex((one) => one.hasAttribute("aria-current"));
    tabs[(at + step + tabs.length) % tabs.length]?.click();
  }
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.("[data-task]");
    if (row) { const rows = all("[data-task]"); selected = rows.indexOf(row); rows.forEach((one) => one.classList.toggle("is-selected", one === row)); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) return;
    const row = all("[data-task]")[selected];
    const act = {
      j: () => go(1), k: () => go(-1),
      a: () => {
        if (!row) { const menu = $("[data-assign]"); if (menu) { menu.open = true; $("select", menu).focus(); } return; }
        const box = $("[data-check]", row); box.checked = true; countChosen(); $("#assign-to")?.focus();
      },
      p: () => row && $("[data-preview]", row)?.click(),
      e: () => (row ? (completing = true) && $("[data-preview]", row)?.click() : $("#task-form [name=_complete]")?.focus()),
      c: () => (row ? $("[data-claim]", row) : $(".page-head [data-claim]"))?.click(),
      i: () => $("[data-inbox]")?.click(),
      x: () => { const box = row && $("[data-check]", row); if (box) { box.checked = !box.checked; countChosen(); } },
      "/": () => $("[data-search]")?.focus(),
      "?": () => $("#keys")?.showModal(),
    }[event.key];
    if (act && ($("[data-task]") || $(".task-side") || "/?a".includes(event.key))) { event.preventDefault(); act(); }
  });

  document.addEventListener("DOMContentLoaded", () => { ready(document); countChosen(); });
  if (document.readyState !== "loading") { ready(document); countChosen(); }
})();
