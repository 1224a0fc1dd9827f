"""The story of a case in sentences: who did what, for whom, by which decision, and what was denied."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_babel import force_locale

from app.accounts.models import Substitute
from app.core import audit
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.errors import NotFound
from app.core.record_sentences import SENTENCES, act_sentence
from app.core.record_words import NOUNS, VERBS
from app.inventory.models import TransferStatus
from app.workflow.models import ProcessInstance
from app.workflow.running import instances
from app.workflow.watching import story
from tests.workflow.diagrams import flows, lanes, process, user

APP = Path(__file__).parents[2] / "app"
HOSTILE = "<script>alert(1)</script>\n  10:00  {who} 'approved' it %(name)s\u2028next"
STOCK = "stock_transfer."


def acts_in(source: str) -> Iterator[str]:
    """Every ``noun.verb`` the code writes, and so whatever it may put on record."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            noun, _dot, verb = node.value.partition(".")
            if noun in NOUNS and verb in VERBS:
                yield node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record" and node.args:
            yield from (one.value for one in ast.walk(node.args[0]) if _is_act(one))


def _is_act(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and not node.value.endswith(".")


def acts() -> set[str]:
    """Every act of the program."""
    found = {one for path in APP.rglob("*.py") for one in acts_in(path.read_text(encoding="utf-8"))}
    return found | {f"{STOCK}{one.value}" for one in TransferStatus}


def test_every_act_has_a_sentence_in_both_languages(app):
    assert len(acts()) > 130
    assert acts() - SENTENCES.keys() == set()
    with app.test_request_context():
        for action in SENTENCES:
            for language in ("en", "zh_Hant_TW"):
                with force_locale(language):
                    said = act_sentence(action, "Lin", "PO-1")
                assert said.endswith((".", "。", "PO-1", "：PO-1。")), (action, said)
                assert action == "user.sign_in_failed" or "Lin" in said
            assert act_sentence(action, "{object}", "%s").count("%s") <= 1


def test_an_act_without_a_sentence_is_found():
    assert set(acts_in('audit.record("task.sung", "task:1")')) == {"task.sung"}
    assert set(acts_in('verb = "task.claimed" if one else "task.unclaimed"')) == {
        "task.claimed",
        "task.unclaimed",
    }


@pytest.fixture
def told(world):
    """A case that one person did for another, and that a third was kept from."""
    world.deploy(
        process(
            "test.one",
            lanes(buyer="ask", planner="approve"),
            user("ask"),
            user("approve", separate_from="ask"),
            flows("start -> ask -> approve -> end"),
        )
    )
    boss = world.person("boss", "buyer")
    lin = world.person("lin", "buyer", "planner", on_behalf_of=boss.user_id)
    db.session.add(Substitute(user_id=boss.user_id, deputy_id=lin.user_id, processes=[]))
    instance = instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    world.done(lin, "ask")
    return instance.id


def sentences(told: story.Story) -> list[str]:
    return [act.sentence for act in told.acts]


def test_it_tells_who_did_what_for_whom_in_the_readers_language(app, told):
    with app.test_request_context():
        wanted = story.subject(told, "")

        assert sentences(story.tell(wanted))[-1] == "Lin on behalf of Boss completed the task “ask”."
        with force_locale("zh_Hant_TW"):
            assert "Lin（代理 Boss）完成任務" in sentences(story.tell(wanted))[-1]


def test_a_page_begins_at_an_act_and_leads_on_and_back(app, told):
    for number in range(7):
        with acting(Actor(None, "system", "", frozenset())):
            audit.record("task.commented", "thing:1", reason=str(number))
        db.session.commit()
    with app.test_request_context():
        wanted, seen, after = story.subject(told, ""), [], None
        whole = [act.number for act in story.tell(wanted).acts]
        while page := story.tell(wanted, after=after, size=3):
            seen.append([act.number for act in page.acts])
            if page.later is None:
                break
            after = page.later
        back = story.tell(wanted, before=seen[-1][0], size=3)

        assert [one for page in seen for one in page] == whole
        assert [act.number for act in back.acts] == seen[-2]
        assert (back.earlier, back.later) == (seen[-2][0], seen[-2][-1])
        assert sentences(story.tell(wanted, person="lin")) == sentences(story.tell(wanted, step="ask"))
        assert [one for one, _name in story.people(wanted)] == ["lin", "system"]
        assert [one for one, _name in story.steps(wanted)] == ["ask", "approve"]
        with pytest.raises(NotFound):
            story.subject(None, "thing:2")


def test_what_people_typed_is_text_and_what_was_denied_is_told(app, login, told):
    with acting(Actor(None, "system", "", frozenset())):
        audit.record(
            "task.commented",
            "thing:1",
            before={HOSTILE: "a"},
            after={HOSTILE: HOSTILE},
            reason=HOSTILE,
        )
    db.session.commit()
    (task,) = db.session.execute(db.select(ProcessInstance.id)).scalars()
    assert login("buyer", name="lin").post("/tasks/2/claim").status_code == 403

    browser = login("admin", name="ann")
    page, text = (browser.get(f"/operations/story/case:{task}{more}").text for more in ("", "?as=text"))

    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert "Lin tried" in page and "is-denied" in page
    assert not any(line.startswith("  10:00  {who}") for line in text.splitlines())
    assert "Lin tried" in text
    assert browser.get(f"/reports/story/case:{task}.pdf").data.startswith(b"%PDF")
    assert browser.get("/operations/story/nothing:9").status_code == 404
    assert browser.get("/operations/story/case:-1?after=x").status_code == 404
    assert login("sales", name="eve").get(f"/operations/story/case:{task}").status_code == 403
