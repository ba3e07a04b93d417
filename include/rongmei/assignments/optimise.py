"""Hands every task to one outlet so that the sum of points is greatest, and says why.

The points are those of `model`, the programme is that of `formulation`. The same input gives the same answer, unless
time runs out before it is proved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rongmei.assignments.case import Case, Plan, make_case, score
from rongmei.assignments.formulation import formulate
from rongmei.assignments.greedy import greedy
from rongmei.assignments.model import Newsroom, Task, Term, worth
from rongmei.assignments.reasons import Alternative, Weighing, terms_of, why_nobody
from rongmei.assignments.relax import Relaxation, relaxations
from rongmei.config import AssignmentWeights

TIME_LIMIT_SECONDS = 3.5
"""For the search; what comes before and after it takes about a second for 300 tasks and 38 outlets."""

PROBLEMS_SHOWN = 50

Status = Literal["optimal", "time_limit", "empty"]


@dataclass(frozen=True)
class Choice:
    """One task handed out.

    Attributes:
        terms: why this outlet, with what the day's work and trips cost.
        partners: outlets that support it, with their reasons.
        alternatives: the next best outlets for this task, and why each was not chosen.
        recused: outlets that had to keep out, with the reason.
        missed: channels wanted that neither outlet nor partners have an account on.
    """

    pitch_id: int
    outlet: str
    terms: Mapping[str, Term]
    partners: Mapping[str, Mapping[str, Term]] = field(default_factory=dict)
    alternatives: tuple[Alternative, ...] = ()
    recused: Mapping[str, str] = field(default_factory=dict)
    missed: tuple[str, ...] = ()

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
        relaxations: which limits stand in the way of them, or were passed, and by how much.
    """

    status: Status
    objective: float
    bound: float
    gap: float
    choices: tuple[Choice, ...]
    escalated: Mapping[int, str]
    relaxations: tuple[Relaxation, ...] = ()

    @property
    def proof(self) -> str:
        """How far the answer is proved to be the best, in Chinese."""
        if self.status == "empty":
            return "没有要派的选题"
        if self.status == "optimal":
            return f"已证明是总分最高的分法（{self.objective:.2f} 分）"
        return (
            f"限时内没有证明是最好的分法：这一分法 {self.objective:.2f} 分，"
            f"别的分法最多还能高 {self.bound - self.objective:.2f} 分（{self.gap:.2%}）"
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What somebody may have to act on, in Chinese: an answer that is not proved best, and the limits.

        At most `PROBLEMS_SHOWN` and how many more there are; the rest stands with each pitch or assignment.
        """
        unproved = (self.proof,) if self.status == "time_limit" else ()
        every = (*unproved, *(relaxation.words for relaxation in self.relaxations))
        more = len(every) - PROBLEMS_SHOWN
        return (*every[:PROBLEMS_SHOWN], f"另有 {more} 处，见各选题和任务的记录") if more > 0 else every


def optimise(
    tasks: Sequence[Task],
    rooms: Sequence[Newsroom],
    *,
    partners: int,
    weights: AssignmentWeights | None = None,
    time_limit: float = TIME_LIMIT_SECONDS,
) -> Solution:
    """Hand out the tasks that no outlet holds; order of the arguments does not matter.

    Args:
        tasks: all of the day, those held already too: they stay where they are, and their trips and opposites count.
        partners: most outlets that may support one task; 0 for none.
        weights: what each reason weighs; None for the usual.
        time_limit: seconds after which the best answer so far is taken.
    """
    case = make_case(tasks, rooms, partners, weights)
    if not case.tasks:
        return Solution("empty", 0.0, 0.0, 0.0, (), {}, relaxations(case, {}))
    plan, bound, optimal = _best(case, time_limit)
    objective = score(case, plan)
    bound = objective if optimal else max(bound, objective)
    return Solution(
        status="optimal" if optimal else "time_limit",
        objective=objective,
        bound=bound,
        gap=0.0 if optimal else round((bound - objective) / max(abs(objective), 1.0), 6),
        choices=_choices(case, plan),
        escalated={task.pitch_id: why_nobody(case, task) for task in case.tasks if task.pitch_id not in plan},
        relaxations=relaxations(case, plan),
    )


def _best(case: Case, time_limit: float) -> tuple[Plan, float, bool]:
    """The best plan found, a bound of all plans, and whether the plan is proved best."""
    by_hand = greedy(case)
    made = formulate(case)
    outcome = made.programme.solve(time_limit, start=made.values(by_hand), keep=made.last_resorts)
    # Points are whole hundredths, so nothing can be worth more than the last hundredth below the bound.
    bound = math.floor(min(outcome.bound, made.programme.ceiling()) * 100 + 1e-3) / 100
    if outcome.values is None:
        return by_hand, bound, False
    found = made.plan(outcome.values)
    if not outcome.optimal and score(case, by_hand) > score(case, found):
        found = by_hand
    return found, bound, outcome.optimal


def _choices(case: Case, plan: Plan) -> tuple[Choice, ...]:
    terms, weighing = terms_of(case, plan), Weighing(case, plan)
    choices = []
    for task in case.tasks:
        if (hands := plan.get(task.pitch_id)) is None:
            continue
        bars = {outlet: bar for outlet in case.rooms if (bar := case.bars.get((task.pitch_id, outlet)))}
        choices.append(
            Choice(
                pitch_id=task.pitch_id,
                outlet=hands.lead,
                terms=terms[task.pitch_id],
                partners={outlet: case.partner[task.pitch_id, outlet] for outlet in sorted(hands.partners)},
                alternatives=weighing.alternatives(task),
                recused={outlet: bar.why for outlet, bar in bars.items() if bar.kind != "declined"},
                missed=case.missed(task, (hands.lead, *hands.partners)),
            )
        )
    return tuple(choices)
