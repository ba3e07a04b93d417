"""Turns what a platform says of a post into `Numbers`: exact, rounded (3.2万, 10万+), unknown, or no number at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from rongmei.channels.base import Numbers
from rongmei.errors import BadInput
from rongmei.indexes.figures import UNKNOWN, Figure, figure

MOST = 10**11
"""Ten times as many as there are people: nothing in China was read, liked or shared more often."""
ENORMOUS = 2**62
SHOWN = 80


def numbers_of(
    said: Mapping[str, Any],
    names: Mapping[str, str],
    *,
    beside: Collection[str] = (),
    about: date | None = None,
    source: str = "",
) -> Numbers:
    """A platform's record as figures.

    What is none (negative, words, 10¹², a list) is unknown and stands in `raw` as it was said, for whoever looks into
    it; a rounded figure is kept with the least and the most that it can be, and as it was said.

    Args:
        names: our name of each figure → the platform's.
        beside: what else of the record is worth keeping.
        about: see `Numbers`.
        source: the interface it is from, where that matters.
    """
    kept: dict[str, Any] = {"interface": source} if source else {}
    kept.update({name: _shown(said[name]) for name in beside if isinstance(said.get(name), int | float | str)})
    values = [(name, said.get(theirs)) for name, theirs in names.items()]
    if all(value is None or (type(value) is int and 0 <= value <= MOST) for _, value in values):
        # Nearly always, and there are a hundred thousand of them in one collection.
        exact: dict[str, Any] = dict(values)
        return Numbers(**exact, raw=kept, about=about)
    known = {name: _figure(value) for name, value in values}
    counted = {name: one for name, one in known.items() if one is not None and one != UNKNOWN}
    rounded = {name: one for name, one in counted.items() if not one.exact}
    strange = tuple(name for name, one in known.items() if one is None)
    kept.update({names[name]: _shown(said[names[name]]) for name in (*rounded, *strange)})
    low = {name: int(one.low) for name, one in counted.items()}
    return Numbers(
        reads=low.get("reads"),
        likes=low.get("likes"),
        comments=low.get("comments"),
        shares=low.get("shares"),
        watching=low.get("watching"),
        favourites=low.get("favourites"),
        upper={name: None if one.high is None else int(one.high) for name, one in rounded.items()},
        strange=strange,
        raw=kept,
        about=about,
    )


def _figure(value: Any) -> Figure | None:
    """None for what is no count."""
    try:
        known = figure(value)
    except BadInput:
        return None
    return known if known.low <= MOST else None


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return value[:SHOWN]
    # A float like 1e300 or NaN is no JSON that every database takes.
    plain = isinstance(value, int | float) and abs(value) < ENORMOUS
    return value if plain else f"<{type(value).__name__}>"
