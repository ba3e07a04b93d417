"""A mixed-integer programme: columns and rows are added one by one, HiGHS finds the best values.

A programme of many columns is solved by pricing out. The continuous relaxation gives a bound U and every column's
reduced cost: values that use a column of reduced cost d are worth U − d at most. A first search, with the cheapest
columns alone and no proof, finds good values, worth L. Columns of a reduced cost over U − L cannot be in better ones;
the second search goes without them and proves its answer, which is then the best of the whole programme.

The same programme gives the same answer: columns and rows keep their order, HiGHS runs on one thread with a fixed
seed. Method: simplex, branch and cut, https://highs.dev; reduced-cost fixing as in Wolsey, Integer Programming.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic
from typing import Any

import highspy
import numpy as np

Values = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

GAP = 5e-4
"""The search ends when no values can be better by more than this."""
FIRST_GAP = 10.0
"""The first search ends when its values are so near the best of its columns."""
FIRST_PRICE = 10.0
"""The first search has the columns of a reduced cost up to this."""
FEW_COLUMNS = 1_000
"""So many columns are solved as they are."""
EPSILON = 1e-4
"""How far values, reduced costs and bounds may be off: the solver's tolerances, widened."""

_ONLY_PROVE: Mapping[str, bool | float] = {
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
}
"""The second search begins with good values and need not look for others."""


@dataclass(frozen=True)
class Outcome:
    """What the solver found.

    Attributes:
        optimal: whether the values are proved best to `GAP`.
        values: of the columns, whole numbers rounded; None when none were found in time.
        bound: no values are worth more; infinite when nothing is known.
    """

    optimal: bool
    values: Values | None
    bound: float


@dataclass(frozen=True)
class _Relaxed:
    """The continuous relaxation: values and reduced costs of the columns, and what they are worth."""

    values: Values
    prices: Values
    bound: float


@dataclass
class Programme:
    """Maximise the gains of the columns within the rows."""

    gains: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[float, float, list[int], list[float]]] = field(default_factory=list)

    def column(self, gain: float, *, high: float = 1.0, whole: bool = True) -> int:
        """Add a variable between 0 and `high` and return its index."""
        self.gains.append(gain)
        self.highs.append(high)
        self.whole.append(whole)
        return len(self.gains) - 1

    def row(self, low: float, high: float, entries: Iterable[tuple[int, float]]) -> None:
        """Add `low ≤ Σ factor·variable ≤ high`; a row without variables is left out."""
        indices, factors = [], []
        for index, factor in entries:
            indices.append(index)
            factors.append(factor)
        if indices:
            self.rows.append((low, high, indices, factors))

    def at_most(self, high: float, entries: Iterable[tuple[int, float]]) -> None:
        """Add `Σ factor·variable ≤ high`."""
        self.row(-math.inf, high, entries)

    def ceiling(self) -> float:
        """No values can be worth more, whatever the rows say."""
        return sum(max(0.0, gain * high) for gain, high in zip(self.gains, self.highs, strict=True))

    def worth(self, values: Values | Sequence[float]) -> float:
        """What values of the columns gain."""
        return float(np.dot(self.gains, values))

    def solve(self, time_limit: float, start: Sequence[float] | None = None, keep: Collection[int] = ()) -> Outcome:
        """The best values.

        Args:
            time_limit: seconds after which the best answer so far is taken.
            start: values that keep every row, to begin the search with.
            keep: columns that are never priced out, without which few values keep the rows.
        """
        ends = monotonic() + time_limit
        every = np.ones(len(self.gains), dtype=bool)
        if len(self.gains) <= FEW_COLUMNS:
            return self._search(every, start, time_limit, {})
        relaxed = self._relaxed(time_limit)
        if relaxed is None:
            return Outcome(optimal=False, values=None, bound=math.inf)
        kept = self._used(keep, start) | (relaxed.values > EPSILON) | (np.abs(relaxed.prices) <= FIRST_PRICE)
        first = self._search(kept, start, _left(ends), {"mip_abs_gap": FIRST_GAP})
        if first.values is None:
            return Outcome(optimal=False, values=None, bound=relaxed.bound)
        distance = relaxed.bound - self.worth(first.values)
        kept = kept | (np.abs(relaxed.prices) <= distance + EPSILON)
        proof = self._search(kept, list(first.values), _left(ends), _ONLY_PROVE)
        values = first.values if proof.values is None else proof.values
        return Outcome(proof.optimal, values, min(relaxed.bound, proof.bound))

    def relaxed_bound(self, time_limit: float) -> float:
        """The greatest gain when nothing has to be whole: what every answer can be measured against."""
        relaxed = self._relaxed(time_limit)
        return relaxed.bound if relaxed else math.inf

    def _used(self, keep: Collection[int], start: Sequence[float] | None) -> Mask:
        mask: Mask = np.zeros(len(self.gains), dtype=bool) if start is None else np.asarray(start) > 0
        mask[list(keep)] = True
        return mask

    def _relaxed(self, time_limit: float) -> _Relaxed | None:
        solver = _solver(time_limit)
        solver.passModel(self._model(np.ones(len(self.gains), dtype=bool), continuous=True))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = solver.getSolution()
        bound = float(solver.getInfo().objective_function_value) + EPSILON
        return _Relaxed(np.asarray(solution.col_value), np.asarray(solution.col_dual), bound)

    def _search(
        self, mask: Mask, start: Sequence[float] | None, time_limit: float, options: Mapping[str, bool | float]
    ) -> Outcome:
        """The best values when only the columns of the mask may be used; those of all columns."""
        solver = _solver(time_limit, options)
        solver.passModel(self._model(mask, continuous=False))
        if start is not None:
            given = highspy.HighsSolution()
            given.col_value = list(np.asarray(start)[mask])
            solver.setSolution(given)
        solver.run()
        info, status = solver.getInfo(), solver.getModelStatus()
        values: Values | None = None
        if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            values = np.zeros(len(self.gains))
            values[mask] = solver.getSolution().col_value
            values = np.where(self.whole, np.round(values), values)
        bound = float(info.mip_dual_bound)
        return Outcome(
            optimal=values is not None and status == highspy.HighsModelStatus.kOptimal,
            values=values,
            bound=bound if math.isfinite(bound) else math.inf,
        )

    def _model(self, mask: Mask, *, continuous: bool) -> highspy.HighsLp:
        """The programme with the columns of the mask; the others are 0."""
        model = highspy.HighsLp()
        count = int(mask.sum())
        model.num_col_, model.num_row_ = count, len(self.rows)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.array(self.gains)[mask]
        model.col_lower_, model.col_upper_ = np.zeros(count), np.array(self.highs)[mask]
        model.row_lower_ = np.array([low for low, _, _, _ in self.rows])
        model.row_upper_ = np.array([high for _, high, _, _ in self.rows])
        if not continuous:
            kinds = highspy.HighsVarType
            wholes = np.array(self.whole)[mask]
            model.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in wholes]
        row, column, factor = self._entries
        used = mask[column]
        lengths = np.bincount(row[used], minlength=len(self.rows))
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.num_col_, matrix.num_row_ = count, len(self.rows)
        matrix.start_ = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
        matrix.index_ = (np.cumsum(mask) - 1)[column[used]].astype(np.int32)
        matrix.value_ = factor[used]
        return model

    @cached_property
    def _entries(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], Values]:
        """Row, column and factor of every entry, row after row."""
        lengths = [len(indices) for _, _, indices, _ in self.rows]
        return (
            np.repeat(np.arange(len(self.rows)), lengths),
            np.array([index for _, _, indices, _ in self.rows for index in indices], dtype=np.int64),
            np.array([factor for _, _, _, factors in self.rows for factor in factors], dtype=float),
        )


def _left(ends: float) -> float:
    return max(0.0, ends - monotonic())


def _solver(time_limit: float, options: Mapping[str, bool | float] | None = None) -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    settings: dict[str, bool | int | float] = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 1,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": GAP,
        "time_limit": time_limit,
        **(options or {}),
    }
    for option, value in settings.items():
        solver.setOptionValue(option, value)
    return solver
