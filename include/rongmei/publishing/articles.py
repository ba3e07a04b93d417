"""Makes the articles of a run: each story version is read and rendered once, however many accounts it goes out on."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.channels import Article, article
from rongmei.ledger import Ledger, Review, Story, StoryVersion
from rongmei.ledger.tables import REVIEW_STAGES

if TYPE_CHECKING:
    from rongmei.config import Plan

CHUNK = 25
"""Versions read at a time."""
KEPT = 500
"""Rendered articles kept for the next channel: about 10 MB of text."""


@dataclass(frozen=True)
class _Material:
    """What an article is made of beside the version itself, in the words of the newsroom."""

    outlet: str
    column: str
    signed_by: tuple[str, ...]


class Articles:
    """The articles of some story versions; threads may share it, and later runs on the same ledger profit.

    Args:
        media: the media folder.
        version_ids: which; they are read in this order, 25 when the first of them is wanted.
    """

    def __init__(self, ledger: Ledger, plan: Plan, media: Path, version_ids: Iterable[int]) -> None:
        self._ledger, self._plan, self._media = ledger, plan, media
        ids = list(dict.fromkeys(version_ids))
        self._chunks = {version_id: ids[n - n % CHUNK :][:CHUNK] for n, version_id in enumerate(ids)}
        self._materials: dict[int, _Material] = {}
        self._versions: dict[int, StoryVersion] = {}
        self._shelf = _rendered.setdefault(ledger, {})
        self._turn = threading.Lock()

    def make(self, version_id: int, *, fingerprint: str, author: str, link: str | None = None) -> Article:
        """The article of one of the versions, for one publication.

        Args:
            author: by-line where the version names nobody.
            link: where the whole story can be read already.
        """
        with self._turn:
            if version_id not in self._materials:
                self._read(self._chunks[version_id])
            name = self._name(version_id)
            made = self._shelf.get(name)
            if made is None:
                if len(self._shelf) >= KEPT:
                    self._shelf.clear()
                made = self._shelf[name] = self._render(version_id)
        return replace(made, fingerprint=fingerprint, author=made.author or author, link=link)

    def _name(self, version_id: int) -> tuple[int, Path, _Material]:
        return version_id, self._media, self._materials[version_id]

    def _read(self, version_ids: Sequence[int]) -> None:
        """What is needed to know, and to render, the articles of these versions."""
        with self._ledger.read() as session:
            self._materials.update(_materials(session, self._plan, version_ids))
            new = [one for one in version_ids if self._name(one) not in self._shelf]
            if new:
                found = session.scalars(select(StoryVersion).where(StoryVersion.id.in_(new)))
                self._versions.update({version.id: version for version in found})

    def _render(self, version_id: int) -> Article:
        if version_id not in self._versions:
            # It was on the shelf when its chunk was read, and has been cleared away since.
            with self._ledger.read() as session:
                self._versions[version_id] = session.get_one(StoryVersion, version_id)
        material = self._materials[version_id]
        return article(
            self._versions.pop(version_id),
            self._media,
            fingerprint="",
            author="",
            outlet=material.outlet,
            column=material.column,
            signed_by=material.signed_by,
        )


_rendered: WeakKeyDictionary[Ledger, dict[tuple[int, Path, _Material], Article]] = WeakKeyDictionary()
"""By ledger, while somebody holds it: a version never changes, so with the same material nor does its article."""


def _materials(session: Session, plan: Plan, version_ids: Sequence[int]) -> dict[int, _Material]:
    outlets = {outlet.id: outlet.name for outlet in plan.cluster.outlets}
    columns = {column.id: column.name for column in plan.campaign.columns}
    people = {person.id: person.name for person in plan.cluster.people}
    signed: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    passed = (
        select(StoryVersion.id, Review.stage, Review.reviewer)
        .join(
            Review,
            (Review.story_id == StoryVersion.story_id) & (Review.content_hash == StoryVersion.content_hash),
        )
        .where(StoryVersion.id.in_(version_ids), Review.decision == "pass")
    )
    for version_id, stage, reviewer in session.execute(passed):
        signed[version_id].append((REVIEW_STAGES.index(stage), people.get(reviewer, reviewer)))
    rows = session.execute(
        select(StoryVersion.id, Story.outlet, StoryVersion.column)
        .join(Story, Story.id == StoryVersion.story_id)
        .where(StoryVersion.id.in_(version_ids))
    )
    return {
        version_id: _Material(
            outlets.get(outlet, outlet),
            columns.get(column or "", ""),
            tuple(name for _, name in sorted(signed[version_id])),
        )
        for version_id, outlet, column in rows
    }
