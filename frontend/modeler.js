// The studio's diagram editor.
import Modeler from "bpmn-js/lib/Modeler";
import { is, getBusinessObject } from "bpmn-js/lib/util/ModelUtil";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn.css";

export { Modeler, is, getBusinessObject };
