"""Every act on record as a sentence: who did what to which document, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.core.record_words import action_label

SENTENCES = {
    "award.refused": lazy_gettext("{who} refused the proposed award of request for quotation {object}."),
    "change.approved": lazy_gettext("{who} approved the change of a process {object}."),
    "change.opened": lazy_gettext("{who} opened the change of a process {object}."),
    "change.proposed": lazy_gettext("{who} proposed the change of a process {object} for approval."),
    "change.rejected": lazy_gettext("{who} rejected the change of a process {object}."),
    "change.taken_back": lazy_gettext("{who} took back the change of a process {object}."),
    "company.changed": lazy_gettext("{who} changed the company settings."),
    "contract.approved": lazy_gettext("{who} approved contract {object}."),
    "contract.refused": lazy_gettext("{who} refused contract {object}."),
    "contract.signed": lazy_gettext("{who} put the signed contract {object} on file."),
    "currency.set": lazy_gettext("{who} set the decimal places of the currency {object}."),
    "decision.made": lazy_gettext("{who} applied a decision table to {object}."),
    "definition.deployed": lazy_gettext("{who} deployed {object}."),
    "duty.overridden": lazy_gettext(
        "{who}, the owner, did both sides of a separation of duties in {object}."
    ),
    "duty.set": lazy_gettext("{who} set a separation of duties."),
    "file.attached": lazy_gettext("{who} attached a file to the task {object}."),
    "filter.kept": lazy_gettext("{who} kept a filter of the inbox."),
    "filter.removed": lazy_gettext("{who} removed a filter of the inbox."),
    "forecast.overridden": lazy_gettext("{who} overrode a forecast by hand."),
    "import.taken": lazy_gettext("{who} imported data."),
    "incident.corrected": lazy_gettext("{who} corrected the data of a failed step in {object}."),
    "incident.data_changed": lazy_gettext("{who} changed the data of {object} before a new try."),
    "incident.recorded": lazy_gettext("{who} recorded that a step failed in {object}."),
    "incident.retried": lazy_gettext("{who} tried a failed step of {object} again."),
    "incident.skipped": lazy_gettext("{who} skipped a failed step of {object}."),
    "inspection.judged": lazy_gettext("{who} judged inspection {object}."),
    "inspection_plan.revised": lazy_gettext("{who} revised {object}."),
    "inspection_plan.withdrawn": lazy_gettext("{who} withdrew {object}."),
    "inspection_plan.written": lazy_gettext("{who} wrote {object}."),
    "instance.cancelled": lazy_gettext("{who} cancelled the process of {object}."),
    "instance.migrated": lazy_gettext("{who} moved the process of {object} to another version."),
    "instance.move_undone": lazy_gettext("{who} took the process of {object} back to its former version."),
    "instance.started": lazy_gettext("{who} started the process of {object}."),
    "invoice.accepted": lazy_gettext("{who} accepted supplier invoice {object}."),
    "invoice.refused": lazy_gettext("{who} refused supplier invoice {object}."),
    "key.created": lazy_gettext("{who} made a key for a program."),
    "key.revoked": lazy_gettext("{who} revoked a key for a program."),
    "message.dropped": lazy_gettext("{who} dropped a message that could not be sent."),
    "message.sent": lazy_gettext("{who} sent a message to the process of {object} by hand."),
    "message.sent_again": lazy_gettext("{who} sent a message again."),
    "migration.cancelled": lazy_gettext("{who} cancelled a move of cases to a new version."),
    "migration.started": lazy_gettext("{who} began to move cases to a new version."),
    "migration.undone": lazy_gettext("{who} undid a move of cases to a new version."),
    "nonconformance.acted": lazy_gettext(
        "{who} carried out the corrective action of nonconformance {object}."
    ),
    "nonconformance.analysed": lazy_gettext("{who} analysed the cause of nonconformance {object}."),
    "nonconformance.approval": lazy_gettext("{who} decided on the disposition of nonconformance {object}."),
    "nonconformance.checked": lazy_gettext(
        "{who} checked the effect of the corrective action of nonconformance {object}."
    ),
    "nonconformance.consent": lazy_gettext(
        "{who} recorded the customer's answer on nonconformance {object}."
    ),
    "nonconformance.decided": lazy_gettext("{who} decided what becomes of nonconformance {object}."),
    "nonconformance.opened": lazy_gettext("{who} opened nonconformance {object}."),
    "offer.awarded": lazy_gettext("{who} awarded the selection of a subcontractor {object}."),
    "offer.refused": lazy_gettext("{who} refused the proposal in the selection of a subcontractor {object}."),
    "operation.moved": lazy_gettext("{who} moved an operation of work order {object} on the schedule."),
    "operation.rejected": lazy_gettext("{who} reported rejects at an operation of work order {object}."),
    "order.cancelled": lazy_gettext("{who} cancelled customer order {object}."),
    "order.closed": lazy_gettext("{who} closed customer order {object}."),
    "order.confirmed": lazy_gettext("{who} confirmed customer order {object}."),
    "order.delivered": lazy_gettext("{who} recorded that customer order {object} is delivered."),
    "order.entered": lazy_gettext("{who} entered customer order {object}."),
    "order.reviewed": lazy_gettext("{who} reviewed customer order {object}."),
    "order.revised": lazy_gettext("{who} revised customer order {object}."),
    "order_cost.approved": lazy_gettext("{who} approved the cost sheet of customer order {object}."),
    "order_cost.closed": lazy_gettext("{who} closed the cost sheet of customer order {object}."),
    "order_cost.reviewed": lazy_gettext("{who} reviewed the cost sheet of customer order {object}."),
    "period.closed": lazy_gettext("{who} closed {object}."),
    "plan.approved": lazy_gettext("{who} approved plan {object}."),
    "planned_order.cancelled": lazy_gettext("{who} cancelled {object}."),
    "planned_order.changed": lazy_gettext("{who} changed {object}."),
    "price.approved": lazy_gettext("{who} approved the prices of request for quotation {object}."),
    "purchase_order.after_the_fact": lazy_gettext("{who} made purchase order {object} after the fact."),
    "purchase_order.cancelled": lazy_gettext("{who} cancelled purchase order {object}."),
    "purchase_order.sent": lazy_gettext("{who} sent purchase order {object} to the supplier."),
    "receipt.accepted": lazy_gettext("{who} accepted goods of receipt {object}."),
    "receipt.entered": lazy_gettext("{who} entered goods receipt {object}."),
    "receipt.matched": lazy_gettext("{who} matched goods receipt {object} with a purchase order."),
    "receipt.ordered": lazy_gettext("{who} had goods receipt {object} ordered after all."),
    "receipt.returned": lazy_gettext("{who} sent the goods of receipt {object} back."),
    "request.denied": lazy_gettext("{who} tried what is not allowed and was denied: {object}."),
    "shipment.delivered": lazy_gettext("{who} recorded that shipment {object} was delivered."),
    "shipment.shipped": lazy_gettext("{who} shipped shipment {object}."),
    "standards.set": lazy_gettext("{who} set the standard costs."),
    "stock_count.counted": lazy_gettext("{who} entered what was counted in stock count {object}."),
    "stock_count.posted": lazy_gettext("{who} corrected the books after stock count {object}."),
    "stock_count.started": lazy_gettext("{who} began stock count {object}."),
    "stock_transfer.cancelled": lazy_gettext("{who} cancelled stock transfer {object}."),
    "stock_transfer.received": lazy_gettext("{who} received stock transfer {object}."),
    "stock_transfer.requested": lazy_gettext("{who} asked for stock transfer {object}."),
    "stock_transfer.sent": lazy_gettext("{who} sent off stock transfer {object}."),
    "subcontract_order.approved": lazy_gettext("{who} approved subcontract order {object}."),
    "subcontract_order.cancelled": lazy_gettext("{who} cancelled subcontract order {object}."),
    "subcontract_order.escalated": lazy_gettext("{who} escalated that subcontract order {object} is late."),
    "subcontract_receipt.accepted": lazy_gettext(
        "{who} accepted goods delivered for subcontract order {object}."
    ),
    "substitute.added": lazy_gettext("{who} named a deputy of {object}."),
    "substitute.removed": lazy_gettext("{who} removed a deputy of {object}."),
    "supplier_return.agreed": lazy_gettext("{who} recorded what the supplier agreed to for return {object}."),
    "supplier_return.credited": lazy_gettext("{who} entered the supplier's credit for return {object}."),
    "supplier_return.opened": lazy_gettext("{who} opened return to supplier {object}."),
    "supplier_return.shipped": lazy_gettext("{who} shipped return {object} to the supplier."),
    "task.answered": lazy_gettext("{who} answered the question on the task {object}."),
    "task.approver_added": lazy_gettext("{who} added an approver to the task {object}."),
    "task.approver_removed": lazy_gettext("{who} removed an approver from the task {object}."),
    "task.asked": lazy_gettext("{who} asked a colleague about the task {object}."),
    "task.assigned": lazy_gettext("{who} assigned the task {object}."),
    "task.claimed": lazy_gettext("{who} claimed the task {object}."),
    "task.co_approved": lazy_gettext("{who}, as an added approver, approved the task {object}."),
    "task.co_refused": lazy_gettext("{who}, as an added approver, refused the task {object}."),
    "task.commented": lazy_gettext("{who} commented on the task {object}."),
    "task.completed": lazy_gettext("{who} completed the task {object}."),
    "task.delegated": lazy_gettext("{who} delegated the task {object}."),
    "task.denied": lazy_gettext("{who} tried to complete the task {object} and was denied."),
    "task.escalated": lazy_gettext("{who} escalated that the task {object} is late."),
    "task.postponed": lazy_gettext("{who} postponed the task {object}."),
    "task.question_withdrawn": lazy_gettext("{who} withdrew the question on the task {object}."),
    "task.reassign_failed": lazy_gettext(
        "{who} could not hand the late task {object} to another role: nobody there may take it over."
    ),
    "task.reassigned": lazy_gettext("{who} handed the late task {object} to another role."),
    "task.returned": lazy_gettext("{who} sent the task {object} back."),
    "task.unclaimed": lazy_gettext("{who} gave the task {object} back."),
    "task.warned": lazy_gettext("{who} reminded that the task {object} falls due."),
    "timer.fired": lazy_gettext("{who} fired a timer of {object} by hand."),
    "token.moved": lazy_gettext("{who} moved a token of {object}."),
    "user.activated": lazy_gettext("{who} let {object} sign in again."),
    "user.changed": lazy_gettext("{who} changed the settings of {object}."),
    "user.created": lazy_gettext("{who} added the user {object}."),
    "user.deactivated": lazy_gettext("{who} kept {object} from signing in."),
    "user.password_changed": lazy_gettext("{who} changed the password of {object}."),
    "user.roles_changed": lazy_gettext("{who} changed the roles of {object}."),
    "user.sign_in_failed": lazy_gettext("Somebody failed to sign in as {object}."),
    "user.signed_in": lazy_gettext("{who} signed in."),
    "user.stands_in": lazy_gettext("{who} chose whom to stand in for."),
    "wage.set": lazy_gettext("{who} set a wage."),
    "work_order.costed": lazy_gettext("{who} worked out the cost of work order {object}."),
    "work_order.finished": lazy_gettext("{who} finished work order {object}."),
    "work_order.material_issued": lazy_gettext("{who} issued more material to work order {object}."),
    "work_order.material_returned": lazy_gettext("{who} returned material of work order {object} to stock."),
    "work_order.materials_issued": lazy_gettext("{who} issued the materials to work order {object}."),
    "work_order.released": lazy_gettext("{who} released work order {object}."),
    "work_order.split": lazy_gettext("{who} split work order {object}."),
}
"""An act's sentence by its action; ``{who}`` did it, ``{object}`` is what it was done to."""


def person_text(name: str, behalf: str) -> str:
    """Who acted, and for whom."""
    return _("{person} on behalf of {other}").format(person=name, other=behalf) if behalf else name


def task_text(name: str, document: str) -> str:
    """A task as a sentence calls it: by its name and what it is about."""
    if document:
        return _("“{task}” ({document})").format(task=name, document=document)
    return _("“{task}”").format(task=name)


def act_sentence(action: str, who: str, thing: str) -> str:
    """An act in a sentence; of an act this version no longer knows, its words one after the other."""
    if action in SENTENCES:
        return str(SENTENCES[action]).format(who=who, object=thing)
    return _("{who}: {act} – {object}").format(who=who, act=action_label(action), object=thing)
