"""Separation of duties under anything people do: no approval by somebody who, or whose absent person, did the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import delete

from app.accounts import services
from app.accounts.models import Substitute, User, UserRole
from app.accounts.services import deputies
from app.accounts.sessions import actor_for
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.errors import DomainError
from app.workflow import definitions
from app.workflow.models import HumanTask
from app.workflow.people import separation, verbs
from app.workflow.people.approvers import AddedApprover
from app.workflow.running import instances
from tests.workflow.diagrams import files, flows, lanes, node, process, user

PEOPLE = ("an", "bo", "chi", "dai")
SEPARATE = {"ask": (), "agree": ("ask",), "sign": ("ask", "agree")}
LABEL = {"en": "Approve", "zh_Hant": "核准"}
APPROVAL = {"title": LABEL, "components": [{"key": "approve", "type": "checkbox", "label": LABEL}]}
CASE = process(
    "test.duty",
    lanes(buyer="ask", plant_manager="agree sign"),
    user("ask"),
    user("agree", form="test/approve", separate_from="ask"),
    user("sign", form="test/approve", separate_from="ask,agree"),
    node("exclusiveGateway", "verdict", default="verdict_to_ask"),
    flows("start -> ask -> agree -> verdict -> ask\nverdict -> sign if agree.approve\nsign -> end"),
)

person = st.integers(0, len(PEOPLE) - 1)
fitting = st.integers(0, 2 * len(PEOPLE) - 1)
"""Somebody; from the number of people on, somebody who holds the role."""
nobody_or = st.none() | person
MOSTLY = st.sampled_from((True, True, False))
HELD = st.sets(st.sampled_from(("buyer", "plant_manager", "admin")), min_size=1)


class Duties(RuleBasedStateMachine):
    """People with several roles, deputies, added approvers and administrators at one case after the other.

    ``did`` and ``deputies`` are the machine's own journal: whoever did a step, each with whom they stood in for,
    and who is whose deputy now. The application's own answers to these are never asked.
    """

    def __init__(self) -> None:
        super().__init__()
        db.session.rollback()
        self.users = [db.session.scalar(db.select(User).where(User.login == one)) for one in PEOPLE]
        self.cases = 0
        self.deputies: set[tuple[int, int]] = set()
        db.session.execute(delete(Substitute))

    def start(self, asker: int) -> None:
        """Begin another case; mostly somebody who may has asked already."""
        self.did: dict[str, set[int]] = {element: set() for element in SEPARATE}
        self.case = instances.start("test.duty", {}, "thing:1").id
        db.session.commit()
        self._complete(self.actor(self.fit(asker)), approve=True)

    def task(self) -> HumanTask:
        """The case's open task."""
        query = db.select(HumanTask).where(HumanTask.instance_id == self.case, HumanTask.status == "open")
        return db.session.scalars(query).one()

    def actor(self, who: int, absent: int | None = None) -> Actor | None:
        """A person, or a person as somebody's deputy; None where they are not."""
        mine = self.users[who]
        db.session.refresh(mine, ["role_rows"])
        if absent is None or absent == who:
            return actor_for(mine)
        return services.actor_in_place_of(mine, self.users[absent].id)

    def fit(self, number: int) -> int:
        """Whom a number means: mostly somebody who holds the open task's role."""
        role = self.task().role
        able = [place for place, one in enumerate(self.users) if role in one.roles]
        return able[number % len(able)] if number >= len(PEOPLE) and able else number % len(PEOPLE)

    def tried(self, actor: Actor | None, act: Callable[[HumanTask], Any]) -> bool:
        """Let somebody try something with the open task; whether it was allowed."""
        if actor is None:
            return False
        try:
            with acting(actor):
                act(self.task())
        except DomainError:
            db.session.rollback()
            return False
        db.session.commit()
        return True

    def judge(self, element: str, actor: Actor) -> None:
        """Nobody did a step that excludes them from this one, nor anybody they acted for."""
        persons = {actor.user_id, actor.on_behalf_of} - {None}
        for other in SEPARATE[element]:
            assert not persons & self.did[other], f"{actor.login} did {element} after {other}"
        if actor.on_behalf_of is not None:
            pair = (actor.on_behalf_of, actor.user_id)
            assert pair in self.deputies, f"{actor.login} is nobody's deputy"
        self.did[element] |= persons

    @initialize(held=st.lists(HELD, min_size=len(PEOPLE), max_size=len(PEOPLE)), asker=fitting)
    def roles(self, held: list[set[str]], asker: int) -> None:
        """Everybody holds some roles."""
        for one, roles in zip(self.users, held, strict=True):
            one.role_rows[:] = [UserRole(user_id=one.id, role=role) for role in sorted(roles)]
            db.session.flush()
        db.session.commit()
        self.start(asker)

    @rule(who=fitting, absent=nobody_or, approve=MOSTLY)
    def complete(self, who: int, absent: int | None, approve: bool) -> None:
        self._complete(self.actor(self.fit(who), absent), approve)

    @rule(who=person, absent=fitting, approve=MOSTLY)
    def complete_as_deputy(self, who: int, absent: int, approve: bool) -> None:
        absent = self.fit(absent)
        self.name_deputy(absent, who)
        self._complete(self.actor(who, absent), approve)

    @rule(who=person, absent=fitting)
    def complete_as_a_deputy_taken_back_meanwhile(self, who: int, absent: int) -> None:
        absent = self.fit(absent)
        self.name_deputy(absent, who)
        signed_in = self.actor(who, absent)
        pair = (self.users[absent].id, self.users[who].id)
        for row in db.session.query(Substitute).filter_by(user_id=pair[0], deputy_id=pair[1]).all():
            services.remove_substitute(pair[0], row.id)
        db.session.commit()
        self.deputies.discard(pair)
        self._complete(signed_in, approve=True)

    def _complete(self, actor: Actor | None, approve: bool) -> None:
        open_task = self.task()
        element, said = open_task.element, AddedApprover.task_id == open_task.id
        if not self.tried(actor, lambda task: instances.complete(task.id, {"approve": approve})):
            return
        self.judge(element, actor)
        if approve and element != "ask":
            assert all(db.session.scalars(db.select(AddedApprover.approved).where(said))), "alone"
        if element == "sign":
            self.cases += 1
            self.start(len(PEOPLE) + self.cases)

    @rule(
        who=fitting,
        absent=nobody_or,
        verb=st.sampled_from(("claim", "give back", "delegate", "assign")),
        to=fitting,
        back=st.booleans(),
    )
    def hand_around(self, who: int, absent: int | None, verb: str, to: int, back: bool) -> None:
        to = self.fit(to)
        target = self.users[to].id
        acts = {
            "claim": lambda task: instances.claim(task.id),
            "give back": lambda task: instances.unclaim(task.id),
            "delegate": lambda task: verbs.delegate(task.id, target),
            "assign": lambda task: verbs.assign(task.id, target),  # who may is the route's policy
        }
        if self.tried(self.actor(self.fit(who), absent), acts[verb]) and back:
            self.tried(self.actor(to), lambda task: verbs.hand_back(task.id))

    @rule(who=fitting, absent=nobody_or, also=fitting, deciding_for=nobody_or, approve=MOSTLY)
    def add_approver(
        self, who: int, absent: int | None, also: int, deciding_for: int | None, approve: bool
    ) -> None:
        also = self.fit(also)
        target = self.users[also].id
        self.tried(self.actor(self.fit(who), absent), lambda task: verbs.add_approver(task.id, target))
        self._decide(self.actor(also, deciding_for), approve)

    @rule(who=fitting, also=fitting)
    def approve_together_and_go_on(self, who: int, also: int) -> None:
        who, also = self.fit(who), self.fit(also)
        target = self.users[also].id
        self.tried(self.actor(who), lambda task: verbs.add_approver(task.id, target))
        self._decide(self.actor(also), approve=True)
        self._complete(self.actor(who), approve=True)
        self._complete(self.actor(also), approve=True)

    @rule(who=fitting, approve=MOSTLY)
    def decide_as_added(self, who: int, approve: bool) -> None:
        self._decide(self.actor(self.fit(who)), approve)

    def _decide(self, actor: Actor | None, approve: bool) -> None:
        element = self.task().element

        def decide(task: HumanTask) -> None:
            verbs.decide_added(task.id, approve=approve, reason="because")

        if self.tried(actor, decide):
            self.judge(element, actor)

    def name_deputy(self, absent: int, who: int) -> None:
        pair = (self.users[absent].id, self.users[who].id)
        if pair in self.deputies:
            return
        if self.tried(self.actor(absent), lambda _task: services.add_substitute(*pair)):
            self.deputies.add(pair)


def run(examples: int) -> None:
    """Let the machine run, the same way each time."""
    run_state_machine_as_test(
        Duties,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def company(app: Any) -> None:
    """Four people and the process."""
    for login in PEOPLE:
        services.create_user(login, {"en": login}, {"buyer"}, "a long password")
    definitions.deploy(files(CASE) | {"forms/test/approve.json": json.dumps(APPROVAL).encode()})
    db.session.commit()


def test_no_approval_by_who_did_the_excluded_step_or_stands_in_for_them(company):
    run(examples=20)


def without_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is excluded by what they did."""
    monkeypatch.setattr(separation, "excluded", lambda *_given: [])


def without_the_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who acts is looked at, not for whom."""
    monkeypatch.setattr(Actor, "persons", property(lambda actor: frozenset({actor.user_id})))


def without_added_approvers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Having approved as an added approver does not count."""
    monkeypatch.setattr(separation, "_added", lambda *_given: set())


def without_a_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deputy is one as long as they are signed in."""
    monkeypatch.setattr(deputies, "renewed", lambda actor: actor)


@pytest.mark.parametrize(
    "removed",
    [without_memory, without_the_absent, without_added_approvers, without_a_second_look],
    ids=lambda control: control.__name__,
)
def test_with_a_control_removed_the_machine_finds_the_way_around(company, monkeypatch, removed):
    removed(monkeypatch)

    with pytest.raises(AssertionError, match=r"did|deputy"):
        run(examples=400)
