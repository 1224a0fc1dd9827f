"""Ways of the flows: at right angles, between the nodes, each on a track of its own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.workflow.drawing.layout import Box, Plan

Point = tuple[float, float]
TRACK = 9


class Router:
    """Draws the flows of one plan and remembers which tracks are taken."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.gutters: Counter[int] = Counter()
        self.channels: Counter[int] = Counter()
        self.cells = {(b.column, b.row) for b in plan.boxes.values() if not b.host}
        self.leaving = Counter(source for _id, source, _target, _name in plan.flows)
        self.sides: set[tuple[str, str]] = set()

    def route(self, flow: str, source: Box, target: Box) -> list[Point]:
        """The points of one flow."""
        if source.host:
            return self._from_boundary(source, target)
        if flow in self.plan.back or target.column <= source.column:
            return self._around(source, target)
        if (points := self._beside(source, target)) is not None:
            return points
        return self._forward(source, target)

    def _forward(self, source: Box, target: Box) -> list[Point]:
        """To the right: straight, or by one gutter, or through a channel between rows."""
        sy, ty = source.centre[1], target.centre[1]
        start, end = (source.x + source.width, sy), (target.x, ty)
        between = range(source.column + 1, target.column)
        if abs(sy - ty) < 1 and self._free(between, source.row):
            return [start, end]
        if self._free(between, target.row):
            x = self._gutter(source.column)
            return [start, (x, sy), (x, ty), end]
        if self._free(between, source.row):
            x = self._gutter(target.column - 1)
            return [start, (x, sy), (x, ty), end]
        return self._through(start, source, target, end)

    def _through(self, start: Point, source: Box, target: Box, end: Point) -> list[Point]:
        """By a gutter, a channel between two rows, another gutter."""
        y = self._channel(min(source.row, target.row))
        if self.leaving[source.id] > 1 and source.row <= target.row and self._take_bottom(source, source.row):
            second, x = self._gutter(target.column - 1), source.centre[0]
            return [(x, source.y + source.height), (x, y), (second, y), (second, end[1]), end]
        first, second = self._gutter(source.column), self._gutter(target.column - 1)
        return [start, (first, start[1]), (first, y), (second, y), (second, end[1]), end]

    def _beside(self, source: Box, target: Box) -> list[Point] | None:
        """From a gateway's top or bottom straight into the target's row, where nothing is in the way."""
        if not source.tag.endswith("Gateway") or self.leaving[source.id] < 2 or source.row == target.row:
            return None
        down = target.row > source.row
        side = (source.id, "bottom" if down else "top")
        step = 1 if down else -1
        column = [
            (source.column, row) in self.cells for row in range(source.row + step, target.row + step, step)
        ]
        if (
            side in self.sides
            or any(column)
            or not self._free(range(source.column + 1, target.column), target.row)
        ):
            return None
        self.sides.add(side)
        x, _y = source.centre
        y = target.centre[1]
        return [(x, source.y + source.height if down else source.y), (x, y), (target.x, y)]

    def _around(self, source: Box, target: Box) -> list[Point]:
        """Back: down beside the source, below its row, up beside the target."""
        x, y = source.centre
        row = max(source.row, target.row)
        low = self._channel(row)
        if self._take_bottom(source, row):
            head = [(x, source.y + source.height), (x, low)]
        else:
            right = self._gutter(source.column)
            head = [(source.x + source.width, y), (right, y), (right, low)]
        tx, ty = target.centre
        if self._take_bottom(target, row):
            return [*head, (tx, low), (tx, target.y + target.height)]
        left = self._gutter(target.column - 1)
        return [*head, (left, low), (left, ty), (target.x, ty)]

    def _take_bottom(self, box: Box, row: int) -> bool:
        """Whether a flow may use the box's bottom side down to below a row; it is taken then."""
        way = any((box.column, between) in self.cells for between in range(box.row + 1, row + 1))
        if way or (box.id, "bottom") in self.sides:
            return False
        self.sides.add((box.id, "bottom"))
        return True

    def _from_boundary(self, source: Box, target: Box) -> list[Point]:
        """Out of the bottom of a boundary event."""
        x, bottom = source.centre[0], source.y + source.height
        ty = target.centre[1]
        if target.column > source.column:
            rows = range(source.row + 1, target.row + 1)
            below = target.row > source.row and not any((source.column, row) in self.cells for row in rows)
            if below and self._free(range(source.column + 1, target.column), target.row):
                return [(x, bottom), (x, ty), (target.x, ty)]
        y = self._channel(source.row)
        left = self._gutter(target.column - 1)
        return [(x, bottom), (x, y), (left, y), (left, ty), (target.x, ty)]

    def _free(self, columns: range, row: int) -> bool:
        """Whether no node stands in a row between two columns."""
        return not any((column, row) in self.cells for column in columns)

    def _gutter(self, column: int) -> float:
        """A track between a column and the next."""
        self.gutters[column] += 1
        left = self.plan.rights[column] if column >= 0 else self.plan.lefts[0] - 40
        return left + 26 + _spread(self.gutters[column]) * TRACK

    def _channel(self, row: int) -> float:
        """A track between a row and the next."""
        self.channels[row] += 1
        return self.plan.bottoms[row] + 36 + _spread(self.channels[row]) * TRACK


def _spread(number: int) -> int:
    """0, 1, -1, 2, -2 … for the first, second, third track."""
    return number // 2 if number % 2 == 0 else -(number // 2)
