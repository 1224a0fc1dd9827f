// The read-only diagram of task, cockpit and process pages.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";

export { NavigatedViewer };
