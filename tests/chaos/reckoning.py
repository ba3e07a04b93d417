"""The reckoning: what the ledger says against what readers were shown."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

_CODE = re.compile(r"第(\d{4})号战报")
_OUT = ("accepted", "live")
_FOR_A_PERSON = ("unknown", "failed")

Place: TypeAlias = tuple[str, str, int]
"""Platform, account, number of the story: what one publication is for."""


@dataclass(frozen=True)
class Entry:
    """A publication as the ledger has it."""

    id: int
    channel: str
    outlet: str
    story: int
    state: str
    why: str = ""
    external_id: str = ""
    url: str = ""

    @property
    def place(self) -> Place:
        return self.channel, self.outlet, self.story


@dataclass
class Verdict:
    """What came of it.

    Attributes:
        duplicates: posts beyond the one a publication may have.
        lost: publications of which the ledger says something else than the platform, or that nobody can finish.
        states: how many publications ended in each state.
        complaints: what is wrong, a line each.
    """

    duplicates: int = 0
    lost: int = 0
    states: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)


def reckon(entries: Sequence[Entry], posts: Iterable[Mapping[str, Any]]) -> Verdict:
    """Hold the ledger against the platforms.

    Args:
        posts: as the sandbox lists them; deleted ones count, because nobody here deletes.
    """
    verdict = Verdict(states=Counter(entry.state for entry in entries))
    shown: dict[Place, list[Mapping[str, Any]]] = defaultdict(list)
    same: Counter[tuple[str, str, str]] = Counter()
    for post in posts:
        shown[place_of(post)].append(post)
        same[post["platform"], post["account"], post["sha256"]] += 1
    ordered = {entry.place for entry in entries}
    for place, found in shown.items():
        beyond = len(found) - (1 if place in ordered else 0)
        if beyond:
            verdict.duplicates += beyond
            what = "more than once" if place in ordered else "and nobody ordered it"
            verdict.complaints.append(f"{place} is out {what}: {[post['id'] for post in found]}")
    # The same words twice on one account that do not say which story they are.
    alike = sum(count - 1 for count in same.values())
    verdict.duplicates = max(verdict.duplicates, alike)
    for entry in entries:
        wrong = _lost(entry, shown.get(entry.place, []))
        if wrong:
            verdict.lost += 1
            verdict.complaints.append(f"#{entry.id} {entry.place} {entry.state} ({entry.why}): {wrong}")
    return verdict


def place_of(post: Mapping[str, Any]) -> Place:
    """Which publication a post is of; the story -1 where it does not say."""
    number = number_in(post["title"])
    return post["platform"], post["account"], number if number >= 0 else number_in(post["text"])


def number_in(text: str) -> int:
    """The number of the story that a title or a text is of; -1 where it does not say."""
    said = _CODE.search(text)
    return int(said[1]) if said else -1


def _lost(entry: Entry, posts: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with what the ledger says of a publication; "" where nothing is.

    `failed` says that it is not out. `unknown` may be both, as long as a person is told why it is for him to look.
    """
    if entry.state in _OUT:
        return _misnamed(entry, posts) if posts else "nobody was ever shown it"
    if entry.state in _FOR_A_PERSON and not entry.why:
        return "nobody is told why"
    if entry.state == "unknown":
        return ""
    if posts:
        return "it is out"
    return "" if entry.state == "failed" else "it is neither out nor with a person"


def _misnamed(entry: Entry, posts: Sequence[Mapping[str, Any]]) -> str:
    """Whether the ledger's id and address are another post's; platforms show some posts under several addresses."""
    if any(post["id"] == entry.external_id or post["url"] == entry.url for post in posts):
        return ""
    return f"{entry.external_id} {entry.url} is none of {[(post['id'], post['url']) for post in posts]}"
