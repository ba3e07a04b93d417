"""Whose work a by-line says it is: names out of free text, and ids where the cluster knows the person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rongmei.config import Cluster

MOST_NAMES: Final = 8
"""Of one by-line; what comes after is no longer anybody's own work."""
LONGEST_NAME: Final = 20
LONGEST_SUBJECT: Final = 64

_ROLES: Final = re.compile(
    r"(?:本[报台刊]|全媒体|融媒体?|见习|实习|特约|首席|摄影)*(?:记者|通讯员|实习生|编辑|作者|摄影)[:：/／]?"
)
_MARKS: Final = re.compile(r"[文图摄][/／:：]")
_BREAKS: Final = re.compile(r"[、,，;；/／|｜&＆+\n]+")
_HAN_NAME: Final = re.compile(r"[\u3400-\u9fff]{2,4}")
_WORTHLESS: Final = re.compile(r"[^\w·•・. \-]|\d")


def names(byline: str) -> tuple[str, ...]:
    """The names in a by-line, in order and each once: “文/张三 图/李四” → 张三, 李四.

    Blanks part names only where every part could be a Chinese name, since foreign names have blanks of their own.
    """
    text = _ROLES.sub("、", _MARKS.sub("、", byline[:300]))
    found: list[str] = []
    for part in _BREAKS.split(text):
        words = part.split()
        apart = len(words) > 1 and all(_HAN_NAME.fullmatch(word) for word in words)
        found += words if apart else [" ".join(words)]
    kept = [one for one in found if one and len(one) <= LONGEST_NAME and not _WORTHLESS.search(one)]
    return tuple(dict.fromkeys(kept))[:MOST_NAMES]


class Register:
    """Who is who: people of the cluster by name; others by outlet and name, since two outlets may have a 张三."""

    def __init__(self, cluster: Cluster) -> None:
        times = Counter(person.name for person in cluster.people)
        self._ids: Mapping[str, str] = {one.name: one.id for one in cluster.people if times[one.name] == 1}
        self._outlets: Collection[str] = {
            name for outlet in cluster.outlets for name in (outlet.name, *(one.handle for one in outlet.accounts))
        }
        self.seen: dict[str, dict[str, str | None]] = {}
        """Everybody met so far: subject → name and outlet (None for people of the cluster)."""
        self._names = {person.id: person.name for person in cluster.people}

    def authors(self, byline: str, outlet: str) -> list[str]:
        """The subjects that a by-line of `outlet` names; outlets themselves are nobody."""
        return [self._subject(name, outlet) for name in names(byline) if name not in self._outlets]

    def person(self, person_id: str) -> str:
        """Somebody who is known by id: a reviewer, or whom the desk named."""
        known = self._names.get(person_id)
        outlet, slash, name = person_id.partition("/")
        self.seen.setdefault(
            person_id,
            {"name": known or (name if slash else person_id), "outlet": None if known or not slash else outlet},
        )
        return person_id

    def _subject(self, name: str, outlet: str) -> str:
        known = self._ids.get(name)
        if known:
            return self.person(known)
        subject = f"{outlet}/{name}"[:LONGEST_SUBJECT]
        self.seen.setdefault(subject, {"name": name, "outlet": outlet})
        return subject
