"""Replay the event logs of a folder on their deployed diagrams with pm4py, and print what came of it as a table.

Run by an interpreter that has pm4py, which is not one of the product's own packages: make mining.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("ocel20.schema.json")
BEGIN, END = "<!-- replayed -->", "<!-- /replayed -->"
HEAD = (
    "process",
    "version",
    "cases",
    "events",
    "alignments",
    "token replay",
    "on the BPMN as read",
    "left out",
)


def fitness(log: Any, net: Any, start: Any, end: Any) -> tuple[float, float]:
    """Fitness of a log by alignments, and by token replay; 1 only when every trace fits.

    Silent moves cost alignments a hundred-thousandth, which is no misfit.
    """
    import pm4py

    aligned = pm4py.fitness_alignments(log, net, start, end)
    replayed = pm4py.fitness_token_based_replay(log, net, start, end)
    return figure(aligned), figure(replayed)


def figure(found: dict[str, float]) -> float:
    """The fitness, or 1 when all traces fit."""
    part = found.get("percentage_of_fitting_traces", found.get("perc_fit_traces", 0.0))
    return 1.0 if part == 100.0 else min(found["log_fitness"], 0.999)


def replayed(folder: Path, one: dict[str, Any]) -> dict[str, Any]:
    """One version's figures: on the net beside it, and on its BPMN as pm4py reads that."""
    import pm4py

    path = str(folder / one["files"])
    if not one["cases"]:
        return {**one, "alignments": None, "tokens": None, "bpmn": None}
    log = pm4py.read_xes(path + ".xes")
    if len(log) != one["events"]:
        raise SystemExit(f"{path}.xes: {len(log)} events read, {one['events']} written")
    aligned, tokens = fitness(log, *pm4py.read_pnml(path + ".pnml"))
    bpmn = None
    if not one["beyond"]:
        bpmn = fitness(log, *pm4py.convert_to_petri_net(pm4py.read_bpmn(path + ".bpmn")))
    return {**one, "alignments": aligned, "tokens": tokens, "bpmn": bpmn}


def objects(path: Path) -> dict[str, Any]:
    """What pm4py's reader finds in the object-centric log, and whether it is valid by the standard's schema."""
    import pm4py
    from pm4py.objects.ocel.validation import jsonocel

    log = pm4py.read_ocel2_json(str(path))
    return {
        "events": len(log.events),
        "objects": log.objects.groupby("ocel:type").size().to_dict(),
        "related": log.o2o.groupby("ocel:qualifier").size().to_dict(),
        "touched": len(log.relations),
        "valid": jsonocel.apply(str(path), str(SCHEMA)),
    }


def told(one: dict[str, Any]) -> str:
    """One version as a row."""
    if one["bpmn"] is not None:
        plain = " / ".join(f"{figure:.3f}" for figure in one["bpmn"])
    else:
        plain = "; ".join(one["beyond"]) or "–"
    figures = (f"{one[name]:.3f}" if one[name] is not None else "–" for name in ("alignments", "tokens"))
    left = ", ".join(f"{count} {reason}" for reason, count in sorted(one["left_out"].items())) or "–"
    row = (one["process"], one["version"], one["cases"], one["events"], *figures, plain, left)
    return "| " + " | ".join(map(str, row)) + " |"


def tables(folder: Path, rows: list[dict[str, Any]], found: dict[str, Any] | None) -> str:
    """What came of one folder, as text."""
    parts = [f"**{folder.name}**", "", "| " + " | ".join(HEAD) + " |", "|---|--:|--:|--:|--:|--:|---|---|"]
    parts += [told(one) for one in rows]
    if found is None:
        return "\n".join([*parts, ""])
    valid = "valid" if found["valid"] else "NOT VALID"
    touched = f"{found['events']} events, {found['touched']} relations of events to objects"
    parts += ["", f"OCEL 2.0, {valid} by the schema: {touched}.", ""]
    for name, counts in (("Objects", found["objects"]), ("Relations", found["related"])):
        parts.append(
            f"- {name}: " + (", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "–")
        )
    return "\n".join([*parts, ""])


def main(folders: list[Path], document: Path | None) -> int:
    """Print what came of each folder, into a document between its marks too; 1 when a log does not fit.

    Alignments judge: they search every way. Token replay guesses which silent transitions fired.
    """
    warnings.simplefilter("ignore")
    told_of, good = [], True
    for folder in folders:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        rows = [replayed(folder, one) for one in index["versions"]]
        found = objects(folder / index["objects"]) if index["objects"] else None
        (folder / "replayed.json").write_text(json.dumps({"versions": rows, "objects": found}, indent=1))
        told_of.append(tables(folder, rows, found))
        good &= found is None or found["valid"]
        good &= all(one["alignments"] in (None, 1.0) for one in rows)
    text = "\n".join(told_of)
    print(text)
    if document is not None:
        before, _mark, rest = document.read_text(encoding="utf-8").partition(BEGIN)
        _old, _mark, after = rest.partition(END)
        document.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--into", type=Path, help="a document that takes the tables between its marks")
    chosen = parser.parse_args()
    sys.exit(main(chosen.folders, chosen.into))
