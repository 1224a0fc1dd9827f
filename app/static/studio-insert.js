// Whole pieces put into a way of a diagram: a step, or an approval with its decision, gateways and the way back.
import { is, getBusinessObject } from "./dist/modeler.js";

const APART = 60, ABOVE = 70, HIGH = 120;
const SIZES = { "bpmn:ExclusiveGateway": 50, "bpmn:UserTask": 100, "bpmn:BusinessRuleTask": 100 };
const STEP = [{ type: "bpmn:UserTask", id: "new_step", en: "New step", zh: "新步驟" }];
const APPROVAL = [
  { type: "bpmn:BusinessRuleTask", id: "approval_rule", en: "Approval needed?", zh: "需要核准？" },
  { type: "bpmn:ExclusiveGateway", id: "approval_rule_gateway", en: "Needed?", zh: "需要？" },
  { type: "bpmn:UserTask", id: "extra_approval", en: "Extra approval", zh: "加簽核准" },
  { type: "bpmn:ExclusiveGateway", id: "extra_approval_gateway", en: "Approved?", zh: "核准？" },
];
const YES = { en: "Yes", zh: "是" }, NO = { en: "No", zh: "否" };

export class Inserting {
  constructor(editor) {
    this.editor = editor;
    // each piece is one act, taken back by one Ctrl Z
    const stack = editor.get("commandStack");
    stack.register("octad.insert", { preExecute: ({ act }) => act() });
    this.once = (act) => stack.execute("octad.insert", { act });
  }

  step(flow) { this.once(() => this.editor.choose(this.row(flow, STEP)[0].id)); }

  approval(flow) {
    this.once(() => {
      const target = flow.target, back = this.before(flow.source);
      const [rule, asked, task, verdict] = this.row(flow, APPROVAL);
      const modeling = this.editor.get("modeling"), name = this.free("approval_needed");
      const amount = this.amountAt(rule);
      if (amount) this.editor.setProperty("amount", amount, task);
      if (back) this.likewise(back, task);
      const [yes, done] = [asked.outgoing[0], verdict.outgoing[0]];
      this.worded(yes, YES, name);
      this.worded(done, YES, `${task.id}.approve`);
      const past = this.joined(asked, target);
      modeling.updateWaypoints(past, over(asked, target, task));
      this.worded(past, NO);
      modeling.updateProperties(asked, { default: getBusinessObject(past) });
      const refused = back ? this.joined(verdict, back) : modeling.appendShape(verdict, { type: "bpmn:EndEvent" }, { x: middle(verdict).x, y: verdict.y + 150 }, verdict.parent).incoming[0];
      this.worded(refused, NO);
      modeling.updateProperties(verdict, { default: getBusinessObject(refused) });
      this.editor.choose(verdict.id);
      this.editor.choose(rule.id);
    });
  }

  // A task goes into the lane of a role; a role that has none gets one below the others.
  toRole(task, role) {
    this.once(() => {
      const modeling = this.editor.get("modeling"), named = (one) => getBusinessObject(one).name;
      const lanes = this.editor.get("elementRegistry").filter((one) => is(one, "bpmn:Lane")).sort((a, b) => a.y - b.y);
      const lane = lanes.find((one) => named(one) === role) ?? this.lane(role, lanes.at(-1));
      modeling.moveElements([task], { x: 0, y: middle(lane).y - middle(task).y }, task.parent);
      for (const flow of task.outgoing) if (flow.target.x > task.x + task.width) modeling.updateWaypoints(flow, across(task, flow.target));
    });
  }

  // A role's own lane, below the last one.
  lane(role, { x, y, width, height, parent }) {
    const modeling = this.editor.get("modeling");
    const lane = modeling.createShape({ type: "bpmn:Lane", width, height: HIGH }, { x: x + width / 2, y: y + height + HIGH / 2 }, parent);
    modeling.updateProperties(lane, { name: role });
    return lane;
  }

  // Room is made to the right of the way's source in all lanes, and the pieces stand in a row there.
  row(flow, pieces) {
    const modeling = this.editor.get("modeling"), { source, target, parent } = flow;
    const needed = pieces.reduce((sum, { type }) => sum + SIZES[type] + APART, APART);
    const edge = source.x + source.width, gap = target.x - edge;
    if (gap < needed) this.room(edge + 5, needed - Math.max(gap, 0));
    const { y } = middle(source);
    let x = edge + APART, last = null;
    const made = pieces.map(({ type, id, en, zh }) => {
      const shape = modeling.createShape({ type }, { x: x + SIZES[type] / 2, y }, parent);
      x += SIZES[type] + APART;
      modeling.updateProperties(shape, { id: this.free(id) });
      this.worded(shape, { en, zh });
      if (last) this.joined(last, shape); else modeling.reconnectEnd(flow, shape, { x: shape.x, y });
      return (last = shape);
    });
    this.joined(last, target);
    return made;
  }

  // An approval is about the same document as the task it goes back to, and not done by the same person.
  likewise(back, task) {
    this.editor.setProperty("separate_from", back.id, task);
    for (const name of ["summary", "document"]) {
      const value = this.editor.property(getBusinessObject(back), name);
      if (value) this.editor.setProperty(name, value, task);
    }
  }

  // A way called after what it joins.
  joined(from, to) {
    const modeling = this.editor.get("modeling"), way = modeling.connect(from, to);
    modeling.updateProperties(way, { id: this.free(`${from.id}_to_${to.id}`) });
    return way;
  }

  room(start, delta) {
    const space = this.editor.get("spaceTool"), all = this.editor.get("elementRegistry").filter((one) => one.parent);
    const { movingShapes, resizingShapes } = space.calculateAdjustments(all, "x", delta, start);
    space.makeSpace(movingShapes, resizingShapes, { x: delta, y: 0 }, "e", start);
  }

  // The last task of a person on the way here: where it goes back to when it is refused.
  before(element) { return this.upstream(element).find((one) => is(one, "bpmn:UserTask")) ?? null; }

  // An element and what lies before it, the nearest first.
  upstream(element) {
    const found = [element];
    for (const one of found) for (const { source } of one.incoming) if (!found.includes(source)) found.push(source);
    return found;
  }

  // What the elements on the way here know that tasks of this diagram call their amount.
  amountAt(element) {
    const known = this.editor.get("elementRegistry").filter((one) => is(one, "bpmn:UserTask")).map((one) => this.editor.property(getBusinessObject(one), "amount")).filter(Boolean);
    for (const one of this.upstream(element)) {
      const object = getBusinessObject(one), made = this.editor.extension(object, "spiffworkflow:ServiceTaskOperator")?.resultVariable ?? (this.editor.property(object, "result") || one.id);
      const found = known.find((amount) => amount.startsWith(`${made}.`));
      if (found) return found;
    }
    return "";
  }

  worded(element, { en, zh }, condition) {
    const properties = { name: en };
    if (condition) properties.conditionExpression = this.editor.get("bpmnFactory").create("bpmn:FormalExpression", { body: condition });
    this.editor.get("modeling").updateProperties(element, properties);
    this.editor.setProperty("label.zh_Hant", zh, element);
  }

  free(id) {
    const known = this.editor.get("elementRegistry");
    for (let number = 1; ; number++) {
      const found = number > 1 ? `${id}_${number}` : id;
      if (!known.get(found)) return found;
    }
  }
}

function middle({ x, y, width, height }) { return { x: x + width / 2, y: y + height / 2 }; }

// Over the task in between, from the top of one to the top of the other.
function over(from, to, between) {
  const a = middle(from), b = middle(to), y = Math.min(from.y, to.y, between.y) - ABOVE + 30;
  return [{ x: a.x, y: from.y }, { x: a.x, y }, { x: b.x, y }, { x: b.x, y: to.y }];
}

// From the right side of one to the left side of the other, so that tops and bottoms stay free.
function across(from, to) {
  const a = middle(from), b = middle(to), left = from.x + from.width, x = (left + to.x) / 2;
  return a.y === b.y ? [{ x: left, y: a.y }, { x: to.x, y: b.y }] : [{ x: left, y: a.y }, { x, y: a.y }, { x, y: b.y }, { x: to.x, y: b.y }];
}
