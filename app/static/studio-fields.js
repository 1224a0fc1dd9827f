// What the properties panel consists of: labelled inputs, lists, boxes and buttons.
export class PanelFields {
  field(name, value, save, { options, suggestions, lines, hint, plain, required } = {}) {
    const row = document.createElement("div"), label = document.createElement("label"), id = `field-${name.replace(/\W/g, "-")}`;
    const input = options ? this.select(options, value) : document.createElement(lines ? "textarea" : "input");
    label.textContent = (plain ? name : this.words.fields[name] ?? name) + (required ? " *" : "");
    label.htmlFor = input.id = id;
    if (lines) input.rows = lines;
    if (typeof value === "boolean") { input.type = "checkbox"; input.checked = value; input.className = "form-check-input"; } else { input.value = value; input.className = options ? "form-select form-select-sm" : "form-control form-control-sm"; }
    label.className = "form-label";
    if (suggestions && !options) this.suggest(input, suggestions);
    input.addEventListener("change", () => save(input.type === "checkbox" ? input.checked : input.value.trim()));
    row.append(label, input);
    if (hint) { const note = document.createElement("p"); note.className = "small muted mb-0"; note.textContent = hint; row.append(note); }
    this.panel.append(row);
  }

  select(options, value) {
    const select = document.createElement("select"), all = options.some((one) => one.key === value) || !value ? options : [{ key: value, name: "?" }, ...options];
    for (const one of [{ key: "", name: "" }, ...all]) select.append(new Option(one.name && one.name !== one.key ? `${one.key} – ${one.name}` : one.key, one.key));
    return select;
  }

  suggest(input, suggestions) {
    const list = document.createElement("datalist");
    list.id = `${input.id}-list`;
    for (const one of suggestions) list.append(new Option(one.key));
    input.setAttribute("list", list.id);
    this.panel.append(list);
  }

  tick(id, name, chosen) {
    const label = document.createElement("label"), box = document.createElement("input");
    Object.assign(box, { type: "checkbox", value: id, checked: chosen.includes(id), className: "form-check-input" });
    label.className = "d-block small";
    label.append(box, ` ${name}`);
    return label;
  }

  button(id, text, act) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", id, className: "btn btn-sm btn-outline-secondary mt-2 d-block", textContent: text });
    button.addEventListener("click", act);
    this.panel.append(button);
  }
}
