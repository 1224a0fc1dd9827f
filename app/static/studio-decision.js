// A decision's editor: tables, expressions and what requires what.
import { DecisionModeler } from "./dist/decisions.js";

export class DecisionEditor {
  constructor(box, words, changed) {
    const translate = (template, values = {}) => (words.editor[template] ?? template).replace(/\{([^}]+)\}/g, (_all, key) => values[key] ?? `{${key}}`);
    const additionalModules = [{ translate: ["value", translate] }];
    Object.assign(this, { box, changed });
    this.modeler = new DecisionModeler({ container: box, drd: { additionalModules }, decisionTable: { additionalModules }, literalExpression: { additionalModules } });
  }

  async open(source) {
    this.modeler.on("views.changed", () => this.listen());
    await this.modeler.importXML(source);
    const table = this.modeler.getViews().find((one) => one.type === "decisionTable");
    if (table) await this.modeler.open(table);
    this.listen();
  }

  // the corner above the row numbers heads nothing
  corner() { for (const cell of this.box.querySelectorAll("th.index-column")) cell.setAttribute("role", "cell"); }

  listen() {
    this.corner();
    const viewer = this.modeler.getActiveViewer();
    if (!viewer || viewer === this.heard) return;
    this.heard = viewer;
    viewer.get("eventBus").on(["commandStack.changed", "elements.changed"], () => { this.corner(); this.changed(); });
  }

  async source() { return (await this.modeler.saveXML({ format: true })).xml; }
}
