"""What must hold of every event log: it fits its diagram's net, and its things are those of the database."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import date
from pathlib import Path

from sqlalchemy import text

from app.core.db import db
from app.workflow.drawing.diagram import Diagram
from app.workflow.mining import folder, net, ocel
from app.workflow.mining.fusing import fused
from app.workflow.mining.labels import labels
from tests.workflow.nets import fits

EVER = (date(2000, 1, 1), date(2200, 1, 1))


def the_logs_fit() -> Counter[str]:
    """Every case that ended on its own way can be replayed on its version's net; returns how many, by process."""
    found: Counter[str] = Counter()
    for definition, sorted_out in folder.sorted_cases(*EVER):
        diagram = Diagram(definition.source.encode(), definition.file)
        made, known = fused(net.net_of(diagram)), labels(diagram)
        for case in sorted_out.cases:
            trace = folder.trace(case, known)
            assert fits(made, trace), f"{definition.key} v{definition.version} does not allow {trace}"
            found[definition.key] += 1
    return found


def the_things_are_those_of_the_database() -> Counter[str]:
    """The plant's log has every row of the documents' tables once, and relations only between them."""
    log = json.loads("".join(ocel.log(folder.every_case(*EVER), whole=True)))
    ids = [one["id"] for one in log["objects"]]
    counts = Counter(one["type"] for one in log["objects"])
    assert len(ids) == len(set(ids))
    for kind, count in counts.items():
        assert db.session.scalar(text(f'SELECT count(*) FROM "{kind}"')) == count, kind
    steps = (
        "SELECT count(*) FROM step_history WHERE state = 'completed' AND left_at IS NOT NULL AND kind LIKE :k"
    )
    kinds = [one["attributes"][-2]["value"] for one in log["events"] if len(one["attributes"]) > 1]
    tasks = sum(kind.endswith("Task") for kind in kinds)
    assert db.session.scalar(text(steps), {"k": "%Task"}) == tasks
    assert {r["objectId"] for one in (*log["events"], *log["objects"]) for r in one["relationships"]} <= set(
        ids
    )
    return Counter(r["qualifier"] for one in log["objects"] for r in one["relationships"])


def kept(name: str) -> None:
    """Leave the logs where a mining tool will look for them, if one is there."""
    if place := os.environ.get("OCTAD_MINING_LOGS"):
        folder.write(Path(place) / name, *EVER)
