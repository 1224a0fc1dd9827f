// What the engine reads of a diagram beyond BPMN, as the editor has to know it.
const text = (name, more = {}) => ({ name, isAttr: true, type: "String", ...more });
const element = (name, properties) => ({ name, superClass: ["Element"], properties });

export const spiffworkflow = {
  name: "SpiffWorkflow",
  uri: "http://spiffworkflow.org/bpmn/schema/1.0/core",
  prefix: "spiffworkflow",
  associations: [],
  types: [
    element("Properties", [{ name: "values", type: "Property", isMany: true }]),
    element("Property", [text("name"), text("value")]),
    element("ServiceTaskOperator", [text("id"), text("resultVariable"), { name: "parameterList", type: "Parameters" }]),
    element("Parameters", [{ name: "parameters", type: "Parameter", isMany: true }]),
    element("Parameter", [text("id"), text("type"), text("value")]),
    element("CalledDecisionId", [{ name: "value", isBody: true, type: "String" }]),
  ],
  xml: { tagAlias: "lowerCase" },
};
