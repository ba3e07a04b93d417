"""Hands every task to one outlet so that the sum of points is greatest: a mixed-integer programme solved by HiGHS.

Variables (binary unless said otherwise), for task p, outlet o:

    x[p,o]  o is in charge of p               (not for barred pairs)
    y[p,o]  o supports p                      (only where `partner_terms` finds a reason worth more than the effort)
    e[p]    p is left to a person
    u[o,k]  o takes a (k+1)-th new task       (0 ≤ u ≤ 1; the rising load cost makes it whole and in order)

maximise   Σ lead·x + Σ partner·y − Σ load·u − ESCALATION·Σ e
subject to Σ_o x[p,o] + e[p] = 1                                each task has one outlet, or a person
           x[p,o] + y[p,o] ≤ 1                                  nobody supports itself
           Σ_o y[p,o] + partners·e[p] ≤ partners                so many partners, none without an outlet in charge
           2·Σ_p x[p,o] + Σ_p y[p,o] ≤ free half tasks of o     capacity of the day
           Σ_p x[p,o] − Σ_k u[o,k] = 0                          counts the new tasks of o

Escalation makes every instance feasible. The same input gives the same answer: inputs are sorted, HiGHS runs on one
thread with a fixed seed. Method: HiGHS branch and bound, https://highs.dev.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import highspy
import numpy as np

from rongmei.assignments.model import (
    ESCALATION,
    HALVES,
    Newsroom,
    Task,
    Term,
    lead_terms,
    load_cost,
    mean_usage,
    partner_terms,
    worth,
)

TIME_LIMIT_SECONDS = 20.0
ALTERNATIVES_SHOWN = 2

Status = Literal["optimal", "time_limit", "empty"]


@dataclass(frozen=True)
class Choice:
    """One task handed out.

    Attributes:
        terms: why this outlet, the load cost included.
        partners: outlets that support it, with their reasons.
        alternatives: the next best outlets for this task by their own points, (outlet id, points).
    """

    pitch_id: int
    outlet: str
    terms: Mapping[str, Term]
    partners: Mapping[str, Mapping[str, Term]] = field(default_factory=dict)
    alternatives: tuple[tuple[str, float], ...] = ()

    @property
    def points(self) -> float:
        """The points of the outlet in charge."""
        return worth(self.terms.values())


@dataclass(frozen=True)
class Solution:
    """Who does what.

    Attributes:
        status: `optimal`, or `time_limit` when the best answer found in time is given.
        objective: points of this answer.
        bound: no answer can have more points.
        gap: (bound − objective) / |objective|; 0.0 when optimal.
        escalated: pitch ids nobody could take, with the reason.
    """

    status: Status
    objective: float
    bound: float
    gap: float
    choices: tuple[Choice, ...]
    escalated: Mapping[int, str]


@dataclass
class _Programme:
    """A mixed-integer programme in the making: columns and rows in the order they are added."""

    costs: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[float, float, list[int], list[float]]] = field(default_factory=list)

    def column(self, gain: float, *, whole: bool = True) -> int:
        """Add a variable between 0 and 1 and return its index."""
        self.costs.append(gain)
        self.whole.append(whole)
        return len(self.costs) - 1

    def row(self, low: float, high: float, entries: Iterable[tuple[int, float]]) -> None:
        """Add `low ≤ Σ factor·variable ≤ high`."""
        indices, factors = [], []
        for index, factor in entries:
            indices.append(index)
            factors.append(factor)
        if indices:
            self.rows.append((low, high, indices, factors))

    def solve(self, time_limit: float) -> tuple[highspy.HighsModelStatus, np.ndarray[Any, np.dtype[np.float64]], float]:
        """Status, values of the variables, upper bound of the objective."""
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 1),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 1e-6),
            ("time_limit", time_limit),
        ):
            solver.setOptionValue(option, value)
        solver.passModel(self._model())
        solver.run()
        values = np.asarray(solver.getSolution().col_value, dtype=float)
        return solver.getModelStatus(), values, float(solver.getInfo().mip_dual_bound)

    def _model(self) -> highspy.HighsLp:
        model = highspy.HighsLp()
        count = len(self.costs)
        model.num_col_, model.num_row_ = count, len(self.rows)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.array(self.costs)
        model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
        model.row_lower_ = np.array([low for low, _, _, _ in self.rows])
        model.row_upper_ = np.array([high for _, high, _, _ in self.rows])
        kinds = highspy.HighsVarType
        model.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in self.whole]
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.num_col_, matrix.num_row_ = count, len(self.rows)
        matrix.start_ = np.cumsum([0, *(len(indices) for _, _, indices, _ in self.rows)]).astype(np.int32)
        matrix.index_ = np.array([i for _, _, indices, _ in self.rows for i in indices], dtype=np.int32)
        matrix.value_ = np.array([f for _, _, _, factors in self.rows for f in factors], dtype=float)
        return model


@dataclass(frozen=True)
class _Variables:
    lead: dict[tuple[int, str], int]
    partner: dict[tuple[int, str], int]
    person: dict[int, int]
    nth: dict[tuple[str, int], int]


@dataclass(frozen=True)
class _Worths:
    """Terms of every allowed pairing, computed once."""

    lead: dict[tuple[int, str], dict[str, Term]]
    partner: dict[tuple[int, str], dict[str, Term]]


def optimise(
    tasks: Sequence[Task],
    rooms: Sequence[Newsroom],
    *,
    partners: int,
    time_limit: float = TIME_LIMIT_SECONDS,
) -> Solution:
    """Hand out the tasks; order of the arguments does not matter.

    Args:
        partners: most outlets that may support one task; 0 for none.
        time_limit: seconds after which the best answer so far is taken.
    """
    tasks = sorted(tasks, key=lambda task: task.pitch_id)
    rooms = sorted(rooms, key=lambda room: room.id)
    if not tasks:
        return Solution("empty", 0.0, 0.0, 0.0, (), {})
    worths = _worths(tasks, rooms, partners)
    programme = _Programme()
    variables = _columns(programme, tasks, rooms, worths)
    _task_rows(programme, variables, tasks, rooms, partners)
    _room_rows(programme, variables, tasks, rooms)
    status, values, bound = programme.solve(time_limit)
    if not len(values) or not math.isfinite(bound):
        # Stopped before the first answer: leaving everything to people is always an answer.
        values = np.zeros(len(programme.costs))
        values[list(variables.person.values())] = 1.0
        bound = max(0.0, sum(max(gain, 0.0) for gain in programme.costs))
    objective = round(float(np.dot(np.round(values), programme.costs)), 6)
    optimal = status == highspy.HighsModelStatus.kOptimal
    bound = objective if optimal else max(bound, objective)
    return Solution(
        status="optimal" if optimal else "time_limit",
        objective=objective,
        bound=round(bound, 6),
        gap=round((bound - objective) / max(abs(objective), 1e-9), 6),
        choices=_choices(variables, values > 0.5, tasks, rooms, worths),
        escalated={
            task.pitch_id: _why_nobody(task, rooms) for task in tasks if values[variables.person[task.pitch_id]] > 0.5
        },
    )


def _worths(tasks: Sequence[Task], rooms: Sequence[Newsroom], partners: int) -> _Worths:
    mean = mean_usage(rooms)
    lead: dict[tuple[int, str], dict[str, Term]] = {}
    partner: dict[tuple[int, str], dict[str, Term]] = {}
    for task in tasks:
        for room in rooms:
            if room.id in task.barred:
                continue
            pair = (task.pitch_id, room.id)
            if room.halves_free >= HALVES:
                lead[pair] = lead_terms(room, task, mean)
            support = partner_terms(room, task) if partners and room.halves_free else {}
            if worth(support.values()) > 0:
                partner[pair] = support
    return _Worths(lead, partner)


def _columns(programme: _Programme, tasks: Sequence[Task], rooms: Sequence[Newsroom], worths: _Worths) -> _Variables:
    return _Variables(
        lead={pair: programme.column(worth(terms.values())) for pair, terms in worths.lead.items()},
        partner={pair: programme.column(worth(terms.values())) for pair, terms in worths.partner.items()},
        person={task.pitch_id: programme.column(-ESCALATION) for task in tasks},
        nth={
            (room.id, k): programme.column(-load_cost(room, k), whole=False)
            for room in rooms
            for k in range(min(room.halves_free // HALVES, len(tasks)))
        },
    )


def _task_rows(
    programme: _Programme,
    variables: _Variables,
    tasks: Sequence[Task],
    rooms: Sequence[Newsroom],
    partners: int,
) -> None:
    for task in tasks:
        person = variables.person[task.pitch_id]
        pairs = [(task.pitch_id, room.id) for room in rooms]
        leads = [variables.lead[pair] for pair in pairs if pair in variables.lead]
        supports = [variables.partner[pair] for pair in pairs if pair in variables.partner]
        programme.row(1.0, 1.0, [*((index, 1.0) for index in leads), (person, 1.0)])
        if not supports:
            continue
        entries = [*((index, 1.0) for index in supports), (person, float(partners))]
        programme.row(-math.inf, float(partners), entries)
        for pair in pairs:
            if pair in variables.lead and pair in variables.partner:
                programme.row(-math.inf, 1.0, [(variables.lead[pair], 1.0), (variables.partner[pair], 1.0)])


def _room_rows(programme: _Programme, variables: _Variables, tasks: Sequence[Task], rooms: Sequence[Newsroom]) -> None:
    for room in rooms:
        pairs = [(task.pitch_id, room.id) for task in tasks]
        leads = [variables.lead[pair] for pair in pairs if pair in variables.lead]
        supports = [variables.partner[pair] for pair in pairs if pair in variables.partner]
        taken = [*((index, float(HALVES)) for index in leads), *((index, 1.0) for index in supports)]
        programme.row(-math.inf, float(room.halves_free), taken)
        counted = [index for (room_id, _), index in variables.nth.items() if room_id == room.id]
        programme.row(0.0, 0.0, [*((index, 1.0) for index in leads), *((index, -1.0) for index in counted)])


def _choices(
    variables: _Variables,
    chosen: np.ndarray[Any, np.dtype[np.bool_]],
    tasks: Sequence[Task],
    rooms: Sequence[Newsroom],
    worths: _Worths,
) -> tuple[Choice, ...]:
    by_id = {room.id: room for room in rooms}
    given: dict[str, int] = {}
    choices = []
    for task in tasks:
        outlet = next((r.id for r in rooms if _is_chosen(variables.lead, chosen, task, r)), None)
        if outlet is None:
            continue
        terms = dict(worths.lead[task.pitch_id, outlet])
        nth = given.get(outlet, 0)
        given[outlet] = nth + 1
        if cost := load_cost(by_id[outlet], nth):
            in_hand = by_id[outlet].halves_used / HALVES + nth
            terms["load"] = Term(-cost, f"当日已有 {in_hand:g} 条，日产能 {by_id[outlet].capacity_per_day} 条")
        support = {
            room.id: worths.partner[task.pitch_id, room.id]
            for room in rooms
            if _is_chosen(variables.partner, chosen, task, room)
        }
        choices.append(Choice(task.pitch_id, outlet, terms, support, _alternatives(task, outlet, rooms, worths)))
    return tuple(choices)


def _is_chosen(
    columns: Mapping[tuple[int, str], int], chosen: np.ndarray[Any, np.dtype[np.bool_]], task: Task, room: Newsroom
) -> bool:
    index = columns.get((task.pitch_id, room.id))
    return index is not None and bool(chosen[index])


def _alternatives(task: Task, outlet: str, rooms: Sequence[Newsroom], worths: _Worths) -> tuple[tuple[str, float], ...]:
    others = [
        (room.id, worth(worths.lead[task.pitch_id, room.id].values()))
        for room in rooms
        if room.id != outlet and (task.pitch_id, room.id) in worths.lead
    ]
    return tuple(sorted(others, key=lambda other: (-other[1], other[0]))[:ALTERNATIVES_SHOWN])


def _why_nobody(task: Task, rooms: Sequence[Newsroom]) -> str:
    barred = sum(room.id in task.barred for room in rooms)
    full = sum(room.halves_free < HALVES and room.id not in task.barred for room in rooms)
    if barred + full < len(rooms):
        return "各媒体当日产能不够分，按总分最优没有轮到这条"
    if not rooms:
        return "集群里没有媒体"
    parts = [f"{barred} 家已推辞或超时未答" if barred else "", f"{full} 家当日产能已满" if full else ""]
    return f"{len(rooms)} 家媒体中，" + "，".join(part for part in parts if part)
