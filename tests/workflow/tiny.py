"""A tiny process of two people's tasks, for tests of pages."""

from __future__ import annotations

import json

from app.core.db import db
from app.workflow import definitions
from app.workflow.models import HumanTask, ProcessInstance
from app.workflow.running import instances

BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="https://octad.example">
 <bpmn:process id="planning.tiny" name="Tiny plan" isExecutable="true">
  <bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="label.zh_Hant" value="小計畫"/></spiffworkflow:properties></bpmn:extensionElements>
  <bpmn:laneSet id="lanes"><bpmn:lane id="l1" name="planner"><bpmn:flowNodeRef>review</bpmn:flowNodeRef><bpmn:flowNodeRef>begin</bpmn:flowNodeRef></bpmn:lane>
   <bpmn:lane id="l2" name="supervisor"><bpmn:flowNodeRef>approve</bpmn:flowNodeRef><bpmn:flowNodeRef>finish</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="begin" name="Asked"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="label.zh_Hant" value="提出"/></spiffworkflow:properties></bpmn:extensionElements><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
  <bpmn:userTask id="review" name="Review the plan"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="label.zh_Hant" value="審查計畫"/><spiffworkflow:property name="form" value="planning/tiny"/><spiffworkflow:property name="due" value="P2D"/><spiffworkflow:property name="warn_before" value="PT4H"/><spiffworkflow:property name="escalate_after" value="P1D"/><spiffworkflow:property name="escalate_to" value="supervisor"/><spiffworkflow:property name="reassign_after" value="P5D"/><spiffworkflow:property name="reassign_to" value="plant_manager"/><spiffworkflow:property name="summary" value="number_of_order"/></spiffworkflow:properties></bpmn:extensionElements><bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:userTask>
  <bpmn:userTask id="approve" name="Approve the plan"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="label.zh_Hant" value="核准計畫"/><spiffworkflow:property name="form" value="planning/tiny"/><spiffworkflow:property name="separate_from" value="review"/></spiffworkflow:properties></bpmn:extensionElements><bpmn:incoming>b</bpmn:incoming><bpmn:outgoing>c</bpmn:outgoing></bpmn:userTask>
  <bpmn:endEvent id="finish" name="Approved"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="label.zh_Hant" value="已核准"/></spiffworkflow:properties></bpmn:extensionElements><bpmn:incoming>c</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="a" sourceRef="begin" targetRef="review"/><bpmn:sequenceFlow id="b" sourceRef="review" targetRef="approve"/><bpmn:sequenceFlow id="c" sourceRef="approve" targetRef="finish"/>
 </bpmn:process>
 <bpmndi:BPMNDiagram id="dia"><bpmndi:BPMNPlane id="plane" bpmnElement="planning.tiny">
  <bpmndi:BPMNShape id="s1" bpmnElement="begin"><dc:Bounds x="100" y="82" width="36" height="36"/></bpmndi:BPMNShape>
  <bpmndi:BPMNShape id="s2" bpmnElement="review"><dc:Bounds x="190" y="60" width="100" height="80"/></bpmndi:BPMNShape>
  <bpmndi:BPMNShape id="s3" bpmnElement="approve"><dc:Bounds x="350" y="60" width="100" height="80"/></bpmndi:BPMNShape>
  <bpmndi:BPMNShape id="s4" bpmnElement="finish"><dc:Bounds x="510" y="82" width="36" height="36"/></bpmndi:BPMNShape>
  <bpmndi:BPMNEdge id="e1" bpmnElement="a"><di:waypoint x="136" y="100"/><di:waypoint x="190" y="100"/></bpmndi:BPMNEdge>
  <bpmndi:BPMNEdge id="e2" bpmnElement="b"><di:waypoint x="290" y="100"/><di:waypoint x="350" y="100"/></bpmndi:BPMNEdge>
  <bpmndi:BPMNEdge id="e3" bpmnElement="c"><di:waypoint x="450" y="100"/><di:waypoint x="510" y="100"/></bpmndi:BPMNEdge>
 </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""


def label(en: str, zh: str) -> dict[str, str]:
    """A label in both languages."""
    return {"en": en, "zh_Hant": zh}


FORM = {
    "title": label("Review the plan", "審查計畫"),
    "help": label("Change an order where you must, then decide.", "需要時修改計畫訂單，再做決定。"),
    "components": [
        {"type": "facts", "items": [{"label": label("Order", "訂單"), "value": "number_of_order"}]},
        {
            "key": "lines",
            "type": "lines",
            "label": label("Planned orders", "計畫訂單"),
            "prefill": "rows",
            "columns": [
                {
                    "key": "item",
                    "type": "text",
                    "label": label("Item", "品項"),
                    "validate": {"required": True},
                },
                {
                    "key": "quantity",
                    "type": "number",
                    "label": label("Quantity", "數量"),
                    "validate": {"required": True, "min": 0},
                },
            ],
        },
        {
            "key": "decision",
            "type": "choice",
            "label": label("Decision", "決定"),
            "values": [
                {"value": "approve", "label": label("Approve", "核准")},
                {"value": "again", "label": label("Run again", "重新展算")},
            ],
            "validate": {"required": True},
        },
        {
            "key": "reason",
            "type": "textarea",
            "label": label("Reason", "原因"),
            "visible": "decision == 'again'",
            "validate": {"required": True},
        },
    ],
}
ROWS = [{"item": "PUMP-A356", "quantity": "1200"}, {"item": "SHAFT-16", "quantity": "2400.5"}]
GOOD = {
    "lines-0-item": "PUMP-A356",
    "lines-0-quantity": "1,200",
    "lines-0-_row": "1",
    "decision": "approve",
}


def start(order: str = "SO2603-0012") -> ProcessInstance:
    """Deploy the process and its form, and start it for an order."""
    definitions.deploy(
        {"bpmn/planning/tiny.bpmn": BPMN.encode(), "forms/planning/tiny.json": json.dumps(FORM).encode()}
    )
    case = instances.start("planning.tiny", {"number_of_order": order, "rows": ROWS}, f"plan:{order}")
    db.session.commit()
    return case


def open_task(element: str) -> HumanTask:
    """The open task of an element."""
    query = db.select(HumanTask).where(HumanTask.element == element, HumanTask.status == "open")
    return db.session.scalars(
        query.order_by(HumanTask.id.desc()).execution_options(populate_existing=True)
    ).first()
