"""What people do with a task: delegate, return, ask, answer, comment, postpone, attach; never around the duties."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from app.accounts.models import User
from app.core.audit import AuditEntry
from app.core.db import db
from app.workflow.models import HumanTask
from app.workflow.people.attachments import Attachment
from app.workflow.people.talk import Notice, SavedFilter
from tests.workflow.test_inbox import counts
from tests.workflow.tiny import GOOD, open_task, start


@pytest.fixture
def case(app):
    """A running case; its first task belongs to planners."""
    return start()


@pytest.fixture
def lin(case, login):
    """A planner's browser."""
    return login("planner", name="lin")


@pytest.fixture
def wu(case, login):
    """Another planner's browser."""
    return login("planner", name="wu")


def person(name: str) -> int:
    """A person's id."""
    return db.session.scalar(db.select(User.id).where(User.login == name))


def url(element: str = "review", tail: str = "") -> str:
    """A task's address."""
    return f"/tasks/{open_task(element).id}{tail}"


def acts() -> list[str]:
    """The acts on record, in order."""
    db.session.rollback()
    return list(db.session.scalars(db.select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_delegated_task_comes_back_with_a_note(lin, wu):
    lin.post(url(tail="/delegate"), data={"user_id": person("wu"), "text": "I am at the supplier's."})
    assert open_task("review").owner_name == "Wu"

    page = wu.get(url()).text
    assert "Return to Lin" in page
    assert "at the supplier" in wu.get(url(tail="?tab=talk")).text
    wu.post(url(tail="/return"), data={"text": "Material is missing."})

    assert open_task("review").owner_name == "Lin"
    assert [one for one in acts() if one.startswith("task.")] == ["task.delegated", "task.returned"]


def test_who_claims_what_a_delegate_gave_back_to_the_role_owes_it_to_nobody(lin, wu, login):
    lin.post(url(tail="/delegate"), data={"user_id": person("wu")})
    wu.post(url(tail="/unclaim"))
    kao = login("planner", name="kao")
    kao.post(url(tail="/claim"))

    assert open_task("review").owner_name == "Kao"
    assert "Return to" not in kao.get(url()).text
    assert kao.post(url(tail="/return"), data={}).status_code == 403


def test_whom_the_case_excludes_can_neither_be_chosen_nor_forced(lin, login):
    both = login("planner", "supervisor", name="both")
    chen = login("supervisor", name="chen")
    both.post(url(), data=GOOD)

    assert "Both" not in chen.get(url("approve")).text.split('id="delegate-whom"')[-1].split("</select>")[0]
    answer = chen.post(url("approve", "/delegate"), data={"user_id": person("both")})
    assert answer.status_code == 422
    assert "excludes" in answer.text

    task = open_task("approve")  # as if the row had been changed behind everybody's back
    task.owner_id, task.owner_name = person("both"), "Both"
    db.session.commit()
    assert both.post(url("approve"), data=GOOD).status_code == 403


def test_a_task_is_delegated_within_its_role(lin, login):
    login("buyer", name="buyer")

    answer = lin.post(url(tail="/delegate"), data={"user_id": person("buyer")})

    assert answer.status_code == 422
    assert "does not hold the role" in answer.text


def test_somebody_else_s_task_is_not_delegated(lin, wu):
    lin.post(url(tail="/claim"))

    assert wu.post(url(tail="/delegate"), data={"user_id": person("wu")}).status_code == 409


def test_a_question_waits_for_its_answer(lin, login):
    buyer = login("buyer", name="buyer")
    lin.post(url(tail="/ask"), data={"user_id": person("buyer"), "text": "When does the steel come?"})

    page = lin.get("/inbox?view=waiting").text
    assert "Waiting for Buyer" in page
    assert counts(page)["todo"] == "0"
    assert counts(buyer.get("/inbox?view=asked").text)["asked"] == "1"
    seen = buyer.get(url()).text
    assert "When does the steel come?" in seen
    assert "lines-0-quantity" not in seen

    assert buyer.post(url(), data=GOOD).status_code == 403
    buyer.post(url(tail="/answer"), data={"text": "On Friday."})

    assert "On Friday." in lin.get(url(tail="?tab=talk")).text
    assert counts(lin.get("/inbox").text)["todo"] == "1"


def test_only_who_was_asked_answers(lin, wu, login):
    login("buyer", name="buyer")
    lin.post(url(tail="/ask"), data={"user_id": person("buyer"), "text": "When?"})

    assert wu.post(url(tail="/answer"), data={"text": "I"}).status_code == 403
    assert lin.post(url(tail="/ask"), data={"user_id": person("wu"), "text": "And you?"}).status_code == 409


def test_a_mention_is_told_and_read(lin, wu):
    lin.post(url(tail="/comment"), data={"text": "@wu請看 the lot size."})

    assert 'class="count">1<' in wu.get("/notices/count").text
    assert "mentioned you" in wu.get("/notices").text
    notice = db.session.scalar(db.select(Notice))
    assert lin.post(f"/notices/{notice.id}").status_code == 404
    wu.post(f"/notices/{notice.id}")

    assert "count" not in wu.get("/notices/count").text


def test_who_may_not_see_the_task_is_not_mentioned(lin, login):
    login("buyer", name="buyer")

    answer = lin.post(url(tail="/comment"), data={"text": "@buyer look"})

    assert answer.status_code == 422
    assert db.session.scalar(db.select(Notice)) is None


def test_a_postponed_task_leaves_the_list_and_comes_back(lin):
    lin.post(url(tail="/postpone"), data={"until": "2030-01-02", "text": "Waiting for spring."})
    found = counts(lin.get("/inbox").text)
    assert (found["todo"], found["later"]) == ("0", "1")
    assert "task.postponed" in acts()

    lin.post(url(tail="/postpone"), data={})

    assert counts(lin.get("/inbox").text)["todo"] == "1"


def test_nothing_is_postponed_into_the_past(lin):
    assert lin.post(url(tail="/postpone"), data={"until": "2001-01-02"}).status_code == 422


def test_several_tasks_answer_each_for_itself(lin, wu):
    start("SO2603-0013")
    first, second = db.session.scalars(db.select(HumanTask.id).order_by(HumanTask.id))
    wu.post(f"/tasks/{second}/claim")
    data = {"task": [first, second], "_action": "postpone", "_until": "2030-01-02"}

    page = lin.post("/inbox", data=data, follow_redirects=True).text

    assert "1 task postponed." in page
    assert "Review the plan · SO2603-0013: Wu has claimed this task." in page


def test_history_names_each_field_before_and_after(lin, login):
    task = open_task("review").id
    lin.post(url(), data={**GOOD, "lines-0-quantity": "999"})

    page = login("plant_manager").get(f"/tasks/{task}?tab=history").text

    assert "Planned orders" in page
    assert "PUMP-A356; Quantity: 1,200" in page
    assert "PUMP-A356; Quantity: 999" in page


def test_the_chain_says_who_is_excluded_and_why(lin, login):
    lin.post(url(), data=GOOD)

    page = login("supervisor", name="chen").get(url("approve", "?tab=chain")).text

    assert "Lin, because of “Review the plan”" in page
    assert "May do it: Chen" in page


def test_the_diagram_marks_this_step(lin):
    assert "&#34;this&#34;: &#34;1&#34;" in lin.get(url(tail="?tab=diagram")).text


def test_a_file_is_a_download_for_who_sees_the_case(lin, login):
    lin.post(
        url(tail="/files"),
        data={"file": (BytesIO(b"<script>alert(1)</script>"), "../../note\u202e.txt")},
        content_type="multipart/form-data",
    )
    kept = db.session.scalar(db.select(Attachment))
    address = f"/files/{kept.id}"
    assert address in lin.get(url(tail="?tab=documents")).text

    answer = lin.get(address)

    assert answer.data == b"<script>alert(1)</script>"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="note.txt"')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/octet-stream"
    assert login("buyer", name="buyer").get(address).status_code == 404
    assert lin.get("/files/999").status_code == 404
    assert "file.attached" in acts()


def test_a_photo_is_looked_at_drawn_anew_without_what_else_it_held(lin, login):
    photo, hidden = BytesIO(), b"<script>alert(1)</script>"
    taken = Image.new("RGB", (3_000, 1_000), "red")
    about = Image.Exif()
    about[0x010E] = hidden.decode()
    taken.save(photo, "JPEG", exif=about)
    for content, name in (
        (photo.getvalue() + hidden, "scratch.jpg"),
        (hidden, "page.png"),
        (hidden, "a.txt"),
    ):
        data = {"file": (BytesIO(content), name)}
        lin.post(url(tail="/files"), data=data, content_type="multipart/form-data")
    scratch, page, text = db.session.scalars(db.select(Attachment.id).order_by(Attachment.id))
    shown = lin.get(url(tail="?tab=documents")).text
    assert f"/files/{scratch}/picture" in shown
    assert f"/files/{text}/picture" not in shown

    answer = lin.get(f"/files/{scratch}/picture")

    assert (answer.mimetype, hidden in answer.data) == ("image/png", False)
    assert Image.open(BytesIO(answer.data)).size == (1_600, 533)
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert [lin.get(f"/files/{one}/picture").status_code for one in (page, text, 999)] == [404] * 3
    assert login("buyer", name="buyer").get(f"/files/{scratch}/picture").status_code == 404


@pytest.mark.parametrize("name", ["run.exe", "page.html", "x"])
def test_other_kinds_of_files_are_refused(lin, name):
    data = {"file": (BytesIO(b"x"), name)}

    answer = lin.post(url(tail="/files"), data=data, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert db.session.scalar(db.select(Attachment)) is None


def test_a_filter_is_kept_counted_and_shared_with_a_role(lin, wu, login):
    start("SO2603-0099")
    data = {"name": "Number 99", "view": "todo", "q": "0099", "role": "planner"}
    lin.post("/inbox/filters", data=data)

    for browser in (lin, wu):
        page = browser.get("/inbox").text
        assert "Number 99" in page
        assert page.split("Number 99")[1].split('class="number">')[1][0] == "1"
    assert "Number 99" not in login("buyer", name="buyer").get("/inbox").text
    saved = db.session.scalar(db.select(SavedFilter.id))
    assert wu.post(f"/inbox/filters/{saved}/remove").status_code == 404
    lin.post(f"/inbox/filters/{saved}/remove")
    assert "Number 99" not in lin.get("/inbox").text


def test_a_filter_is_shared_with_own_roles_only(lin):
    assert lin.post("/inbox/filters", data={"name": "x", "role": "buyer"}).status_code == 422


def test_the_preview_holds_the_form(lin):
    assert 'name="lines-0-quantity"' in lin.get(url(tail="/preview")).text
