"""Tell whether two titles are the same story (`certain`, merged) or look alike (`similar`, shown to the desk).

docs/near-duplicates.md has the method, what was measured and why the thresholds are where they are.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Literal, TypeVar

from rapidfuzz import fuzz

from rongmei.text.candidates import Candidates, worth_comparing
from rongmei.text.doubts import doubt, place_names, turned_round
from rongmei.text.keys import story_key

CERTAIN = 0.90
SIMILAR = 0.60
CONTAINED = 0.85
"""A title nearly lies in another one when that much of its weight does."""
_MIN_CONTAINED = 5.0

# Characters that carry the sentence and not the story count a quarter.
_EMPTY = frozenset(
    "的了是吗呢吧啊呀在有和与及就都也还很把被让给对从到要会能可以请问一个这那什怎样么谁哪几为啥我你他她它们着过得地之其"
)
_EMPTY_WEIGHT = 0.25

Tier = Literal["certain", "similar"]
New = TypeVar("New", bound=Hashable)
Old = TypeVar("Old", bound=Hashable)


@dataclass(frozen=True)
class Verdict:
    """What two titles are to each other.

    Attributes:
        tier: `certain` may be merged without asking, `similar` is shown to the desk.
        score: the `likeness`.
        reason: one Chinese sentence.
    """

    tier: Tier
    score: float
    reason: str


@dataclass(frozen=True)
class Duplicate(Generic[New, Old]):
    """A pair found by `find_duplicates` or `find_repeats`, by keys: `new` is the later of the two."""

    new: New
    existing: Old
    verdict: Verdict


@dataclass(frozen=True)
class _Bag:
    """A key's characters without their order, as sorted strings: what carries the story, and what does not."""

    full: str
    empty: str
    weight: float


@lru_cache(maxsize=50_000)
def _bag(key: str) -> _Bag:
    full = "".join(sorted(char for char in key if char not in _EMPTY))
    empty = "".join(sorted(char for char in key if char in _EMPTY))
    return _Bag(full, empty, len(full) + _EMPTY_WEIGHT * len(empty))


def likeness(a: str, b: str) -> float:
    """0 … 1, four decimals: 1 for equal keys, 0 for titles without a letter in common or without any; symmetric.

    The mean of two ratios of Dice's kind, 2 × common / (one + other): of the characters without their order, in which
    empty words weigh a quarter, and of the longest common subsequence (rapidfuzz's Indel ratio), which is the order.
    """
    return _likeness(story_key(a), story_key(b))


def _likeness(a: str, b: str) -> float:
    if not a or not b:
        return 0.0
    one, other = _bag(a), _bag(b)
    return round((2 * _common(one, other) / (one.weight + other.weight) + fuzz.ratio(a, b) / 100) / 2, 4)


def _common(one: _Bag, other: _Bag) -> float:
    """Weight of the characters that both have. Of sorted strings the common subsequence is just that."""
    return _shared(one.full, other.full) + _EMPTY_WEIGHT * _shared(one.empty, other.empty)


def _shared(one: str, other: str) -> float:
    return fuzz.ratio(one, other) / 200 * (len(one) + len(other))


def compare(a: str, b: str, *, places: Iterable[str] = ()) -> Verdict | None:
    """What titles `a` and `b` are to each other, or None; symmetric.

    Args:
        places: names that tell stories apart (the cluster's regions), beside the provinces, which always do.
    """
    return _verdict(a, b, place_names(places)) if worth_comparing(a, b) else None


# An edition's pitches are compared again each time a source has been collected, and once more for the meeting.
@lru_cache(maxsize=65_536)
def _verdict(a: str, b: str, places: frozenset[str]) -> Verdict | None:
    one, other = story_key(a), story_key(b)
    score = _likeness(one, other)
    if score < SIMILAR:
        return Verdict("similar", score, "一条几乎包含在另一条之中") if _lies_in(one, other) else None
    if _bag(one) == _bag(other) and one != other and turned_round(a, b):
        return Verdict("certain", score, "两个分句相同，次序不同")
    reason = doubt(a, b, places)
    if reason or score < CERTAIN:
        return Verdict("similar", score, f"用字相近（{score:.0%}）" + (f"，但{reason}" if reason else ""))
    if one == other:
        return Verdict("certain", score, "标题相同（不计繁简、标点、空格、表情和来源标记）")
    return Verdict("certain", score, f"用字几乎一致（{score:.0%}），数字、地点、阶段均无出入")


def _lies_in(a: str, b: str) -> bool:
    if not a or not b:
        return False
    one, other = _bag(a), _bag(b)
    lesser = min(one.weight, other.weight)
    return lesser >= _MIN_CONTAINED and _common(one, other) >= CONTAINED * lesser


def find_duplicates(
    new: Sequence[tuple[New, str]],
    existing: Sequence[tuple[New, str]] = (),
    *,
    places: Iterable[str] = (),
) -> list[Duplicate[New, New]]:
    """Every certain or similar pair of a new title with an existing one or with an earlier new one.

    The pairs come in the order of `new`; for one new title certain ones first, then by falling score, then the oldest
    first. What is said of a pair is what `compare` says of it; it does not depend on the other titles.

    Args:
        new: (key, title) of the titles to judge, in order of arrival.
        existing: (key, title) of the titles already there.
        places: as for `compare`.
    """
    return _pairs(new, [*existing, *new], len(existing), place_names(places))


def find_repeats(
    new: Sequence[tuple[New, str]], past: Sequence[tuple[Old, str]], *, places: Iterable[str] = ()
) -> list[Duplicate[New, Old]]:
    """As `find_duplicates`, of new titles with past ones only: five hundred with a hundred thousand take a second."""
    return _pairs(new, past, len(past), place_names(places), growing=False)


def _pairs(
    new: Sequence[tuple[New, str]],
    known: Sequence[tuple[Old, str]],
    visible: int,
    places: frozenset[str],
    *,
    growing: bool = True,
) -> list[Duplicate[New, Old]]:
    """Pairs of each new title with the first `visible` known ones and, when `growing`, with those before it."""
    candidates = Candidates([title for _, title in new], [title for _, title in known])
    found: list[Duplicate[New, Old]] = []
    for number, (key, title) in enumerate(new):
        end = visible + number if growing else visible
        seen = (known[place] for place in candidates.of(number) if place < end)
        verdicts = ((other, _verdict(title, other_title, places)) for other, other_title in seen)
        mine = [Duplicate(key, other, verdict) for other, verdict in verdicts if verdict is not None]
        found.extend(sorted(mine, key=lambda pair: (pair.verdict.tier != "certain", -pair.verdict.score)))
    return found
