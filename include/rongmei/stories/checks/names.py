"""名称: leaders' names, titles and order, and names of places, against the centre's lists."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from rongmei.config.lists import Leader, Leaders, ListedPlace, Places
from rongmei.stories.checks.finding import Finding, Passage, grouped
from rongmei.stories.checks.matching import Hit, Terms, inside_words

# What an office ends in. A stretch before a name that ends otherwise (记者, 村民) says nothing about an office.
_OFFICE: Final = (
    "书记|市长|区长|镇长|县长|省长|乡长|主任|局长|厅长|部长|处长|科长|院长|校长|台长|社长|总编辑|主席|会长|常委|秘书长|理事长|"
    "董事长|检察长|队长|政委|行长|主委"
)
_ENDS_IN_OFFICE: Final = re.compile(rf"(?:{_OFFICE})$")
_OFFICES: Final = re.compile(_OFFICE)
# Who is said to have been in an office, or to stand in for it, is not said to be in it.
_FORMER: Final = re.compile(r"(?:原|前|前任|时任|原任|离任|已故)$")
_CHANGED: Final = re.compile(r"(?:副|代|代理|助理|常务|执行)$")
_BREAK: Final = re.compile(r"[，。！？；：、“”‘’《》（）()\s,;:!?]")
_JOINED: Final = re.compile(r"\s*(?:、|和|与|及|以及|，)\s*(?P<title>[^，。；！？、和与及]{0,24})")
_KINDS: Final = ("镇", "街道", "市", "区")
_TITLE_REACH: Final = 24
_NAME_LENGTH: Final = 3
_HAN: Final = re.compile(r"[一-鿿]+")


@dataclass(frozen=True)
class Office:
    """A listed leader with every form in which the title may stand before the name."""

    leader: Leader
    forms: tuple[str, ...]

    def held_on(self, day: date | None) -> bool:
        """Whether the office is held on a day; without a day it is."""
        since, until = self.leader.since, self.leader.until
        return day is None or not ((since and day < since) or (until and day > until))

    def fits(self, title: str) -> bool:
        """Whether a stretch before the name ends in one of the forms, with nothing before it that changes it."""
        return any(title.endswith(form) and not _CHANGED.search(title.removesuffix(form)) for form in self.forms)


class Near:
    """Names by what is left of them when one character is left out."""

    def __init__(self, names: Sequence[str]) -> None:
        self._by_rest: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
        self._by_letters: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            if len(name) == _NAME_LENGTH:
                for place in range(_NAME_LENGTH):
                    self._by_rest[place, name[:place] + name[place + 1 :]].append(name)
                self._by_letters["".join(sorted(name))].append(name)

    def to(self, written: str) -> list[str]:
        """Listed names with one other character, or with the same in another order."""
        rests = ((place, written[:place] + written[place + 1 :]) for place in range(_NAME_LENGTH))
        found = [name for rest in rests for name in self._by_rest.get(rest, ())]
        return list(dict.fromkeys([*found, *self._by_letters.get("".join(sorted(written)), ())]))


@dataclass(frozen=True)
class People:
    """The leaders' list made ready: by name, and the indexes of names and of what is nearly one."""

    offices: dict[str, tuple[Office, ...]]
    names: Terms[str]
    near: Near


def people_of(leaders: Leaders | None) -> People:
    """The list made ready for `check_people`."""
    offices: defaultdict[str, list[Office]] = defaultdict(list)
    for leader in leaders.people if leaders else ():
        forms = (leader.title, *leader.title.split("、"), *leader.also)
        offices[leader.name].append(Office(leader, tuple(dict.fromkeys(forms))))
    by_name = {name: tuple(found) for name, found in offices.items()}
    return People(by_name, Terms((name, name, ()) for name in offices), Near(list(offices)))


def check_people(parts: Sequence[Passage], people: People, day: date | None) -> Iterator[Finding]:
    """Titles that are not the listed ones, names out of order, and names that are nearly a listed one.

    Args:
        day: the day on which the offices must be held.
    """
    if not people.names:
        return
    hits = [(part, hit) for part in parts for hit in people.names.find(part.text)]
    yield from grouped(_titles(hits, people, day))
    yield from _orders(hits, people, day)
    yield from grouped(_misspelt(parts, people, {hit.entry for _, hit in hits}))


# ── titles ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _title_before(text: str, start: int) -> str:
    """What stands directly before a name: back to the last punctuation, at most `_TITLE_REACH` characters."""
    return _BREAK.split(text[max(0, start - _TITLE_REACH) : start])[-1]


def _titles(
    hits: Sequence[tuple[Passage, Hit[str]]], people: People, day: date | None
) -> Iterator[tuple[str, Finding]]:
    for part, hit in hits:
        title = _title_before(part.text, hit.start)
        if not (found := _ENDS_IN_OFFICE.search(title)) or _said_of_the_past(title, found.start()):
            continue
        offices = people.offices[hit.entry]
        if any(office.fits(title) and office.held_on(day) for office in offices):
            continue
        place = part.around(hit.start, hit.end)
        past = next((office.leader for office in offices if office.fits(title)), None)
        now = "；".join(office.leader.title for office in offices if office.held_on(day)) or "名单上现无职务"
        if past:
            message = f"{place}：“{past.title}”不在任期内{_term_of(past)}，{hit.entry}现为：{now}"
            yield f"{hit.entry}{past.title}", Finding("leader_term", message, group="names")
        else:
            message = f"{place}：{hit.entry}的职务与名单不符，名单上是：{now}。核对职务，或请名单负责人更新"
            yield f"{hit.entry}{title}", Finding("leader_title", message, group="names")


def _said_of_the_past(title: str, at: int) -> bool:
    """原市委书记, 时任副市长: 原 may stand some characters before the last word of the office."""
    return any(_FORMER.search(title[:end]) for end in range(at + 1))


def _term_of(leader: Leader) -> str:
    since = f"{leader.since} 起" if leader.since else ""
    until = f"到 {leader.until} 为止" if leader.until else ""
    return f"（{since}{until}）" if since or until else ""


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _orders(hits: Sequence[tuple[Passage, Hit[str]]], people: People, day: date | None) -> Iterator[Finding]:
    for (part, one), (next_part, other) in pairwise(hits):
        first, second = (_rank(people, hit.entry, day) for hit in (one, other))
        if next_part is not part or not first or not second or first <= second:
            continue
        if _listed_together(part.text[one.end : other.start]):
            place = part.around(one.start, other.end)
            message = f"{place}：排名与名单不符，名单上“{other.entry}”在“{one.entry}”之前"
            yield Finding("leader_order", message, group="names")


def _rank(people: People, name: str, day: date | None) -> int | None:
    return min((office.leader.rank for office in people.offices[name] if office.held_on(day)), default=None)


def _listed_together(between: str) -> bool:
    """Whether two names are in one enumeration: between them are 、 or 和, and at most an office."""
    found = _JOINED.fullmatch(between)
    return found is not None and (not found["title"] or _ENDS_IN_OFFICE.search(found["title"]) is not None)


# ── misspelt names ───────────────────────────────────────────────────────────────────────────────────────────────


def _misspelt(parts: Sequence[Passage], people: People, named: set[str]) -> Iterator[tuple[str, Finding]]:
    """Names of three characters of which one is another, or two are exchanged.

    A stranger's name may be that near by chance. It is remarked on only directly behind an office, and where its own
    office or the right name elsewhere in the story says that the listed person is meant.
    """
    for part in parts:
        for office in _OFFICES.finditer(part.text):
            start, end = office.end(), office.end() + _NAME_LENGTH
            written = part.text[start:end]
            if len(written) < _NAME_LENGTH or not _HAN.fullmatch(written) or written in people.offices:
                continue
            title = _title_before(part.text, start)
            for name in people.near.to(written):
                meant = name in named or any(one.fits(title) for one in people.offices[name])
                if meant and not _FORMER.search(title[: -len(office.group())]):
                    message = f"{part.around(start, end)}：“{written}”与名单上的“{name}”只差一个字，核对是不是写错了"
                    yield f"{written}{name}", Finding("leader_name", message, group="names")


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────


def place_terms(places: Places | None) -> Terms[tuple[str, ListedPlace]]:
    """The wrong forms; the right names are exceptions where they contain one."""
    entries = places.places if places else ()
    return Terms(
        (form, (form, place), (*place.exceptions, place.full, *([place.short] if place.short else [])))
        for place in entries
        for form in place.wrong
    )


def check_places(parts: Sequence[Passage], terms: Terms[tuple[str, ListedPlace]]) -> Iterator[Finding]:
    """Wrong forms of places that are not a piece of other words (长安街道 in 长安街道路)."""
    yield from grouped(_places(parts, terms))


def _places(parts: Sequence[Passage], terms: Terms[tuple[str, ListedPlace]]) -> Iterator[tuple[str, Finding]]:
    for part in parts:
        for hit in terms.find(part.text):
            form, place = hit.entry
            if inside_words(part.text, hit.start, hit.end):
                continue
            # A form that ends like the full name stands for it.
            right = (
                place.full if not place.short or form[-1] == place.full[-1] or form.endswith(_KINDS) else place.short
            )
            full = f"（全称“{place.full}”）" if right != place.full else ""
            message = f"{part.around(hit.start, hit.end)}：“{form}”应为“{right}”{full}"
            yield form, Finding("place_name", message, group="names")
