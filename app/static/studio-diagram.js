// A diagram's editor: the canvas, and beside it what the engine reads of the chosen element.
import { Modeler, is, getBusinessObject } from "./dist/modeler.js";
import { spiffworkflow } from "./studio-moddle.js";

const TIME = ["due", "due_on", "warn_before", "escalate_after", "escalate_to", "reassign_after", "reassign_to"];
const ROLES = ["escalate_to", "reassign_to"];
const OWN = {
  "bpmn:UserTask": ["form", ...TIME, "summary", "document", "amount", "candidate", "separate_from", "result", "step"],
  "bpmn:ManualTask": [...TIME, "summary", "document", "amount", "candidate", "separate_from", "step"],
  "bpmn:BusinessRuleTask": ["result", "step"],
  "bpmn:CallActivity": ["step"], "bpmn:SubProcess": ["step"],
  "bpmn:SendTask": ["correlation", "payload"], "bpmn:ReceiveTask": ["correlation", "result"],
};
const EVENT_PROPERTIES = { "bpmn:MessageEventDefinition": ["correlation", "payload", "result"], "bpmn:SignalEventDefinition": ["payload"], "bpmn:ErrorEventDefinition": ["result"] };
const REFERENCES = { "bpmn:MessageEventDefinition": ["messageRef", "bpmn:Message", "name"], "bpmn:SignalEventDefinition": ["signalRef", "bpmn:Signal", "name"], "bpmn:ErrorEventDefinition": ["errorRef", "bpmn:Error", "errorCode"], "bpmn:EscalationEventDefinition": ["escalationRef", "bpmn:Escalation", "escalationCode"] };

export class DiagramEditor {
  constructor(box, panel, words, vocabulary, changed, forms) {
    Object.assign(this, { panel, words, vocabulary, changed, forms });
    const translate = (template, values = {}) => (words.editor[template] ?? template).replace(/\{([^}]+)\}/g, (_all, key) => values[key] ?? `{${key}}`);
    // the symbols' names, for whoever points at them
    box.addEventListener("mouseover", ({ target }) => {
      const entry = target.closest(".entry[aria-label]");
      if (entry && !entry.title) entry.title = entry.getAttribute("aria-label");
    });
    this.modeler = new Modeler({ container: box, moddleExtensions: { spiffworkflow }, additionalModules: [{ translate: ["value", translate] }] });
  }

  get(name) { return this.modeler.get(name); }

  async open(source) {
    await this.modeler.importXML(source);
    const canvas = this.get("canvas");
    canvas.zoom("fit-viewport", "auto");
    // a wide diagram begins readable, at its start
    const begin = this.get("elementRegistry").filter((one) => is(one, "bpmn:StartEvent"))[0];
    if (canvas.zoom() < 0.6 && begin) {
      canvas.zoom(0.7);
      const { outer } = canvas.viewbox();
      canvas.viewbox({ x: begin.x - 260, y: begin.y - 160, width: outer.width / 0.7, height: outer.height / 0.7 });
    }
    this.get("eventBus").on("selection.changed", ({ newSelection }) => this.show(newSelection[0]));
    this.get("eventBus").on("commandStack.changed", () => { this.changed(); this.refresh(); });
    this.show(null);
  }

  async source() { return (await this.modeler.saveXML({ format: true })).xml; }

  choose(id) {
    const element = this.get("elementRegistry").get(id);
    if (!element) return;
    this.get("selection").select(element);
    this.get("canvas").scrollToElement(element, { top: 120, bottom: 120, left: 120, right: 120 });
  }

  mark(problems) {
    const canvas = this.get("canvas"), elements = this.get("elementRegistry");
    elements.forEach((one) => canvas.removeMarker(one.id, "is-incident"));
    for (const { element } of problems) if (elements.get(element)) canvas.addMarker(element, "is-incident");
  }

  refresh() { if (!this.panel.contains(document.activeElement)) this.show(this.shown && this.get("elementRegistry").get(this.shown.id)); }

  // The panel: one field for each thing the engine reads of this element.
  show(element) {
    element ??= this.get("canvas").getRootElement();
    this.shown = element;
    this.panel.replaceChildren();
    const object = getBusinessObject(element);
    if (!object?.$instanceOf) return;
    const heading = document.createElement("h2");
    heading.textContent = this.words.editor[object.$type] ?? object.$type.replace("bpmn:", "");
    this.panel.append(heading);
    this.field("id", object.id, (value) => this.update({ id: value }));
    if (!is(object, "bpmn:TextAnnotation")) {
      this.field("name", object.name ?? "", (value) => this.update({ name: value || undefined }));
      this.field("label.zh_Hant", this.property(object, "label.zh_Hant"), (value) => this.setProperty("label.zh_Hant", value));
    }
    this.kind(object);
    for (const name of OWN[object.$type] ?? []) this.own(object, name);
    for (const definition of object.eventDefinitions ?? []) this.event(object, definition);
    if (object.loopCharacteristics && is(object.loopCharacteristics, "bpmn:MultiInstanceLoopCharacteristics")) this.loop(object.loopCharacteristics);
  }

  kind(object) {
    if (is(object, "bpmn:ServiceTask")) this.service(object);
    if (is(object, "bpmn:ScriptTask")) this.field("script", object.script ?? "", (value) => this.update({ script: value }), { lines: 6 });
    if (is(object, "bpmn:CallActivity")) this.field("calledElement", object.calledElement ?? "", (value) => this.update({ calledElement: value }), { options: this.vocabulary.processes });
    if (is(object, "bpmn:BusinessRuleTask")) this.field("decision", this.extension(object, "spiffworkflow:CalledDecisionId")?.value ?? "", (value) => this.setExtension("spiffworkflow:CalledDecisionId", value && { value }), { options: this.vocabulary.decisions });
    if (is(object, "bpmn:SendTask") || is(object, "bpmn:ReceiveTask")) this.reference(object, object, "messageRef", "bpmn:Message", "name");
    if (is(object, "bpmn:SequenceFlow")) this.flow(object);
    if (is(object, "bpmn:UserTask") || is(object, "bpmn:ManualTask")) this.role(object);
    if (is(object, "bpmn:Lane")) this.field("role", object.name ?? "", (value) => this.update({ name: value }), { options: [...this.vocabulary.roles, { key: "system", name: "" }] });
  }

  role(object) {
    const lanes = this.get("elementRegistry").filter((one) => is(one, "bpmn:Lane"));
    const mine = lanes.find((lane) => getBusinessObject(lane).flowNodeRef?.includes(object));
    this.field("role", mine ? getBusinessObject(mine).name : "", (value) => {
      const target = lanes.find((lane) => getBusinessObject(lane).name === value);
      if (target) this.get("modeling").moveElements([this.shown], { x: 0, y: target.y + target.height / 2 - this.shown.y - this.shown.height / 2 }, this.shown.parent);
    }, { options: lanes.map((lane) => this.vocabulary.roles.find((role) => role.key === getBusinessObject(lane).name) ?? { key: getBusinessObject(lane).name, name: "" }) });
  }

  flow(object) {
    const source = object.sourceRef;
    if (!source || !(is(source, "bpmn:ExclusiveGateway") || is(source, "bpmn:InclusiveGateway"))) return;
    const byDefault = source.default === object;
    this.field("default", byDefault, (value) => {
      this.get("modeling").updateProperties(this.get("elementRegistry").get(source.id), { default: value ? object : undefined });
      if (value) this.update({ conditionExpression: undefined });
    });
    if (!byDefault) this.field("condition", object.conditionExpression?.body ?? "", (value) => this.update({ conditionExpression: value ? this.get("bpmnFactory").create("bpmn:FormalExpression", { body: value }) : undefined }), { lines: 2 });
  }

  service(object) {
    const operator = this.extension(object, "spiffworkflow:ServiceTaskOperator");
    const known = this.vocabulary.operators.find((one) => one.key === operator?.id);
    const given = Object.fromEntries((operator?.parameterList?.parameters ?? []).map((one) => [one.id, one.value]));
    const set = (id, result, values) => this.setExtension("spiffworkflow:ServiceTaskOperator", { id, resultVariable: result, values });
    const result = operator?.resultVariable ?? object.id;
    this.field("operator", operator?.id ?? "", (value) => set(value, result, given), { options: this.vocabulary.operators, hint: known?.name });
    this.field("result", result, (value) => set(operator?.id ?? "", value, given));
    for (const one of known?.parameters ?? []) this.field(one.key, given[one.key] ?? "", (value) => set(operator.id, result, { ...given, [one.key]: value }), { plain: true, required: one.required });
  }

  event(object, definition) {
    const reference = REFERENCES[definition.$type];
    if (reference) this.reference(object, definition, ...reference);
    if (definition.$type === "bpmn:LinkEventDefinition") this.field("link", definition.name ?? "", (value) => this.updateInside(definition, { name: value }));
    if (definition.$type === "bpmn:TimerEventDefinition") {
      const kind = definition.timeDate ? "timeDate" : "timeDuration";
      this.field(kind, definition[kind]?.body ?? "", (value) => this.updateInside(definition, { [kind]: this.get("bpmnFactory").create("bpmn:FormalExpression", { body: value }) }));
    }
    for (const name of EVENT_PROPERTIES[definition.$type] ?? []) this.own(object, name);
  }

  reference(object, holder, name, type, shown) {
    const found = this.modeler.getDefinitions().rootElements.filter((one) => is(one, type));
    const options = type === "bpmn:Message" ? this.vocabulary.events : found.map((one) => ({ key: one[shown], name: "" }));
    this.field(name, holder[name]?.[shown] ?? "", (value) => {
      const there = value && (found.find((one) => one[shown] === value) ?? this.added(type, shown, value));
      this.updateInside(holder, { [name]: there || undefined });
    }, { options: type === "bpmn:Message" ? options : undefined, suggestions: options });
  }

  added(type, shown, value) {
    const made = this.get("bpmnFactory").create(type, { name: value, [shown]: value });
    const definitions = this.modeler.getDefinitions();
    made.$parent = definitions;
    definitions.rootElements.push(made);
    return made;
  }

  loop(marker) {
    const item = (name) => ({ get: marker[name]?.id ?? "", set: (value) => this.updateInside(marker, { [name]: value ? this.get("bpmnFactory").create("bpmn:Property", { id: value }) : undefined }) });
    const number = marker.loopCardinality?.body ?? "";
    this.field("loopCardinality", number, (value) => this.updateInside(marker, { loopCardinality: value ? this.get("bpmnFactory").create("bpmn:FormalExpression", { body: value }) : undefined }));
    this.field("inputDataItem", item("inputDataItem").get, item("inputDataItem").set);
  }

  own(object, name) {
    const value = this.property(object, name);
    const options = name === "form" ? this.vocabulary.forms : ROLES.includes(name) ? this.vocabulary.roles : name === "step" ? "12345678".split("").map((key) => ({ key, name: "" })) : undefined;
    this.field(name, value, (next) => this.setProperty(name, next), { options });
    if (name === "form" && this.forms.open) this.formButton(object, value);
  }

  // A user task's form: the one it names, or a new one named after it.
  formButton(object, value) {
    const button = document.createElement("button"), known = this.vocabulary.forms.map((one) => one.key);
    button.type = "button";
    button.id = "make-form";
    button.className = "btn btn-sm btn-outline-secondary mt-1";
    button.textContent = known.includes(value) ? this.words.openform : this.words.makeform;
    button.addEventListener("click", () => {
      const key = value || this.newForm(object, known);
      if (!value) this.setProperty("form", key);
      this.forms.open({ en: object.name ?? "", zh: this.property(object, "label.zh_Hant") }, key);
    });
    this.panel.append(button);
  }

  newForm(object, known) {
    const plain = (text) => (text ?? "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 40);
    const name = plain(object.name) || plain(object.id) || "form";
    for (let number = 1; ; number++) {
      const key = `${this.forms.area}/${name}${number > 1 ? `_${number}` : ""}`;
      if (!known.includes(key)) return key;
    }
  }

  property(object, name) {
    return this.extension(object, "spiffworkflow:Properties")?.values?.find((one) => one.name === name)?.value ?? "";
  }

  extension(object, type) { return object.extensionElements?.values?.find((one) => is(one, type)); }

  setProperty(name, value) {
    const object = getBusinessObject(this.shown), before = this.extension(object, "spiffworkflow:Properties")?.values ?? [];
    const pairs = before.filter((one) => one.name !== name).map(({ name: key, value: held }) => ({ name: key, value: held }));
    if (value) pairs.push({ name, value });
    this.setExtension("spiffworkflow:Properties", pairs.length && { pairs });
  }

  // Replace one extension element by a new one; the others stay as they are.
  setExtension(type, content) {
    const object = getBusinessObject(this.shown), factory = this.get("bpmnFactory");
    const kept = (object.extensionElements?.values ?? []).filter((one) => !is(one, type));
    const elements = factory.create("bpmn:ExtensionElements", { values: [] });
    if (content) kept.push(this.made(type, content));
    for (const one of kept) { one.$parent = elements; elements.values.push(one); }
    elements.$parent = object;
    this.update({ extensionElements: kept.length ? elements : undefined });
  }

  made(type, { pairs, values, ...own }) {
    const factory = this.get("bpmnFactory"), made = factory.create(type, own);
    if (pairs) made.values = pairs.map((pair) => Object.assign(factory.create("spiffworkflow:Property", pair), { $parent: made }));
    if (values) {
      made.parameterList = factory.create("spiffworkflow:Parameters", {});
      made.parameterList.$parent = made;
      made.parameterList.parameters = Object.entries(values).filter(([, value]) => value).map(([id, value]) => Object.assign(factory.create("spiffworkflow:Parameter", { id, type: "str", value }), { $parent: made.parameterList }));
    }
    return made;
  }

  update(properties) { this.get("modeling").updateProperties(this.shown, properties); }

  updateInside(object, properties) {
    for (const value of Object.values(properties)) if (value?.$type && !value.$parent) value.$parent = object;
    this.get("modeling").updateModdleProperties(this.shown, object, properties);
  }

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
}
