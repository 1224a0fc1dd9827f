// A diagram's editor: the canvas, and beside it what the engine reads of the chosen element.
import { Modeler, is, getBusinessObject } from "./dist/modeler.js";
import { PanelFields } from "./studio-fields.js";
import { Inserting } from "./studio-insert.js";
import { spiffworkflow } from "./studio-moddle.js";

const TIME = ["due", "due_on", "warn_before", "escalate_after", "escalate_to", "reassign_after", "reassign_to"];
const OWN = {
  "bpmn:UserTask": ["form", ...TIME, "summary", "document", "amount", "candidate", "separate_from", "result", "step"],
  "bpmn:ManualTask": [...TIME, "summary", "document", "amount", "candidate", "separate_from", "step"],
  "bpmn:BusinessRuleTask": ["result", "step"],
  "bpmn:CallActivity": ["step"], "bpmn:SubProcess": ["step"],
  "bpmn:SendTask": ["correlation", "payload"], "bpmn:ReceiveTask": ["correlation", "result"],
};
const EXPRESSIONS = ["summary", "document", "amount", "candidate", "due_on", "correlation"];
const EVENT_PROPERTIES = { "bpmn:MessageEventDefinition": ["correlation", "payload", "result"], "bpmn:SignalEventDefinition": ["payload"], "bpmn:ErrorEventDefinition": ["result"] };
const REFERENCES = { "bpmn:MessageEventDefinition": ["messageRef", "bpmn:Message", "name"], "bpmn:SignalEventDefinition": ["signalRef", "bpmn:Signal", "name"], "bpmn:ErrorEventDefinition": ["errorRef", "bpmn:Error", "errorCode"], "bpmn:EscalationEventDefinition": ["escalationRef", "bpmn:Escalation", "escalationCode"] };

export class DiagramEditor extends PanelFields {
  constructor(box, panel, words, vocabulary, changed, forms) {
    super();
    Object.assign(this, { panel, words, vocabulary, changed, forms });
    const translate = (template, values = {}) => (words.editor[template] ?? template).replace(/\{([^}]+)\}/g, (_all, key) => values[key] ?? `{${key}}`);
    // the symbols' names, for whoever points at them
    box.addEventListener("mouseover", ({ target }) => {
      const entry = target.closest(".entry[aria-label]");
      if (entry && !entry.title) entry.title = entry.getAttribute("aria-label");
    });
    this.modeler = new Modeler({ container: box, moddleExtensions: { spiffworkflow }, additionalModules: [{ translate: ["value", translate] }] });
    this.inserting = new Inserting(this);
    this.known = vocabulary.known.map((key) => ({ key, name: "" }));
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

  // What an element is called in the reader's language.
  called(id) {
    const object = getBusinessObject(this.get("elementRegistry").get(id));
    const chinese = document.documentElement.lang.startsWith("zh") && object && this.property(object, "label.zh_Hant");
    return chinese || object?.name || id;
  }

  mark(problems) {
    const canvas = this.get("canvas"), elements = this.get("elementRegistry");
    elements.forEach((one) => canvas.removeMarker(one.id, "is-incident"));
    for (const { element } of problems) if (elements.get(element)) canvas.addMarker(element, "is-incident");
  }

  // not while somebody is typing: a click into the next field ends the one before, and must find it there
  refresh() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => { if (!this.panel.contains(document.activeElement)) this.show(this.shown && this.get("elementRegistry").get(this.shown.id)); });
  }

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
    if (is(object, "bpmn:FlowNode")) this.behind(element);
  }

  kind(object) {
    if (is(object, "bpmn:ServiceTask")) this.service(object);
    if (is(object, "bpmn:ScriptTask")) this.field("script", object.script ?? "", (value) => this.update({ script: value }), { lines: 6 });
    if (is(object, "bpmn:CallActivity")) this.field("calledElement", object.calledElement ?? "", (value) => this.update({ calledElement: value }), { options: this.vocabulary.processes });
    if (is(object, "bpmn:BusinessRuleTask")) this.decision(object);
    if (is(object, "bpmn:SendTask") || is(object, "bpmn:ReceiveTask")) this.reference(object, object, "messageRef", "bpmn:Message", "name");
    if (is(object, "bpmn:SequenceFlow")) { this.flow(object); this.pieces(this.shown, this.words.putstep, this.words.putapproval); }
    if (is(object, "bpmn:UserTask") || is(object, "bpmn:ManualTask")) this.role(object);
    if (is(object, "bpmn:Lane")) this.field("role", object.name ?? "", (value) => this.update({ name: value }), { options: [...this.vocabulary.roles, { key: "system", name: "" }] });
  }

  decision(object) {
    const value = this.extension(object, "spiffworkflow:CalledDecisionId")?.value ?? "";
    this.field("decision", value, (next) => this.setExtension("spiffworkflow:CalledDecisionId", next && { value: next }), { options: this.vocabulary.decisions });
    if (this.forms.open) this.decisionButton(object, value);
  }

  role(object) {
    const lanes = this.get("elementRegistry").filter((one) => is(one, "bpmn:Lane"));
    const mine = lanes.find((lane) => getBusinessObject(lane).flowNodeRef?.includes(object));
    const named = lanes.map((lane) => getBusinessObject(lane).name), known = this.vocabulary.roles;
    const there = named.map((name) => known.find((role) => role.key === name) ?? { key: name, name: "" });
    const options = lanes.length ? [...there, ...known.filter((role) => !named.includes(role.key))] : [];
    this.field("role", mine ? getBusinessObject(mine).name : "", (value) => this.inserting.toRole(this.shown, value), { options });
  }

  flow(object) {
    const source = object.sourceRef;
    if (!source || !(is(source, "bpmn:ExclusiveGateway") || is(source, "bpmn:InclusiveGateway"))) return;
    const byDefault = source.default === object;
    this.field("default", byDefault, (value) => {
      this.get("modeling").updateProperties(this.get("elementRegistry").get(source.id), { default: value ? object : undefined });
      if (value) this.update({ conditionExpression: undefined });
    });
    if (!byDefault) this.field("condition", object.conditionExpression?.body ?? "", (value) => this.update({ conditionExpression: value ? this.get("bpmnFactory").create("bpmn:FormalExpression", { body: value }) : undefined }), { suggestions: this.known });
  }

  // What can be put into a way as a whole.
  pieces(flow, step, approval) {
    this.button("put-step", step, () => this.inserting.step(flow));
    this.button("put-approval", approval, () => this.inserting.approval(flow));
  }

  // The same behind a step that one way leaves, so that nobody has to hit the line.
  behind({ outgoing = [] }) {
    const ways = outgoing.filter((one) => is(one, "bpmn:SequenceFlow"));
    if (ways.length === 1) this.pieces(ways[0], this.words.stepbehind, this.words.approvalbehind);
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
    if (name === "separate_from") return this.others(object, value);
    const options = name === "form" ? this.vocabulary.forms : name.endsWith("_to") ? this.vocabulary.roles : name === "step" ? "12345678".split("").map((key) => ({ key, name: "" })) : undefined;
    this.field(name, value, (next) => this.setProperty(name, next), { options, suggestions: EXPRESSIONS.includes(name) ? this.known : undefined });
    if (name === "form" && this.forms.open) this.formButton(object, value);
  }

  // Whose people may not do this task: the diagram's other tasks of persons, by name.
  others(object, value) {
    const people = this.get("elementRegistry").filter((one) => is(one, "bpmn:UserTask") || is(one, "bpmn:ManualTask")).map(getBusinessObject).filter((one) => one !== object);
    const chosen = value.split(",").map((one) => one.trim()).filter(Boolean);
    const listed = [...people.map((one) => [one.id, one.name ?? one.id]), ...chosen.filter((id) => !people.some((one) => one.id === id)).map((id) => [id, `${id} ?`])];
    if (!listed.length) return;
    const group = document.createElement("fieldset"), legend = document.createElement("legend");
    group.id = "field-separate_from";
    legend.textContent = this.words.fields.separate_from;
    group.append(legend, ...listed.map(([id, name]) => this.tick(id, name, chosen)));
    group.addEventListener("change", () => this.setProperty("separate_from", [...group.querySelectorAll(":checked")].map((one) => one.value).join(",")));
    this.panel.append(group);
  }

  // A user task's form: the one it names, or a new one named after it.
  formButton(object, value) {
    const known = this.vocabulary.forms.map((one) => one.key);
    this.button("make-form", known.includes(value) ? this.words.openform : this.words.makeform, () => {
      const key = value || this.unused(object, "/", known);
      if (!value) this.setProperty("form", key);
      this.forms.open(this.named(object), { form: key });
    });
  }

  // A business rule task's decision: the one it names, or a new table named after it.
  decisionButton(object, value) {
    const known = this.vocabulary.decisions.map((one) => one.key);
    this.button("make-decision", known.includes(value) ? this.words.opendecision : this.words.makedecision, () => {
      const key = value || this.unused(object, ".", known), asked = this.asked(object);
      if (!value) this.setExtension("spiffworkflow:CalledDecisionId", { value: key });
      this.forms.open(this.named(object), { decision: key, output: asked, looks_at: this.inserting.amountAt(this.shown) });
    });
  }

  // What the gateway behind a decision asks for: what its table gives.
  asked(object) {
    const gateway = object.outgoing?.[0]?.targetRef;
    const bodies = (gateway?.outgoing ?? []).map((flow) => flow.conditionExpression?.body?.trim());
    return bodies.find((body) => /^[a-z_]\w*$/i.test(body ?? "")) ?? "";
  }

  named(object) { return { en: object.name ?? "", zh: this.property(object, "label.zh_Hant") }; }

  // A key of the diagram's own area, after the element's name.
  unused(object, between, known) {
    const name = plain(object.name) || plain(object.id) || "new";
    for (let number = 1; ; number++) {
      const key = `${this.forms.area}${between}${name}${number > 1 ? `_${number}` : ""}`;
      if (!known.includes(key)) return key;
    }
  }

  property(object, name) {
    return this.extension(object, "spiffworkflow:Properties")?.values?.find((one) => one.name === name)?.value ?? "";
  }

  extension(object, type) { return object.extensionElements?.values?.find((one) => is(one, type)); }

  setProperty(name, value, element = this.shown) {
    const object = getBusinessObject(element), before = this.extension(object, "spiffworkflow:Properties")?.values ?? [];
    const pairs = before.filter((one) => one.name !== name).map(({ name: key, value: held }) => ({ name: key, value: held }));
    if (value) pairs.push({ name, value });
    this.setExtension("spiffworkflow:Properties", pairs.length && { pairs }, element);
  }

  // Replace one extension element by a new one; the others stay as they are.
  setExtension(type, content, element = this.shown) {
    const object = getBusinessObject(element), factory = this.get("bpmnFactory");
    const kept = (object.extensionElements?.values ?? []).filter((one) => !is(one, type));
    const elements = factory.create("bpmn:ExtensionElements", { values: [] });
    if (content) kept.push(this.made(type, content));
    for (const one of kept) { one.$parent = elements; elements.values.push(one); }
    elements.$parent = object;
    this.get("modeling").updateProperties(element, { extensionElements: kept.length ? elements : undefined });
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
}

function plain(text) { return (text ?? "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 40); }
