"""A ledger with an edition and publications in any state, and a platform that reports what it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from rongmei.channels import Capabilities, Credential, Line, Numbers, Posted, registry
from rongmei.clock import at_local
from rongmei.config import Outlet
from rongmei.ledger import Assignment, Edition, Ledger, Pitch, Publication, Snapshot, Story, StoryVersion, open_edition
from rongmei.ledger.tables import Base

NOON = at_local(date(2026, 6, 6), "12:00")
KEY = "cunchao/2026-06-06"


class Cluster:
    """Two outlets with an account on WeChat each."""

    def __init__(self) -> None:
        self.outlets = [
            Outlet.model_validate(
                {
                    "id": name,
                    "name": name,
                    "kind": "city",
                    "size": 1,
                    "regions": ["东莞"],
                    "beats": ["体育"],
                    "capacity_per_day": 1,
                    "accounts": [{"channel": "wechat", "handle": name}],
                    "contact_email": "a@example.com",
                }
            )
            for name in ("daily", "dongcheng")
        ]

    def accounts(self) -> Iterator[tuple[Outlet, Any]]:
        for outlet in self.outlets:
            for account in outlet.accounts:
                yield outlet, account


class Reporting:
    """Answers with the figures it was given; an account's exception is raised instead."""

    name = "wechat"
    capabilities = Capabilities(settle_after=timedelta(minutes=2), bulk=100, reports=("reads", "likes"))

    def __init__(self) -> None:
        self.figures: dict[str, Numbers] = {}
        self.failures: dict[str, Exception] = {}
        self.calls: list[tuple[str, list[str]]] = []

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        self.calls.append((line.account, [post.external_id for post in posts]))
        if line.account in self.failures:
            raise self.failures[line.account]
        return {post.external_id: self.figures[post.external_id] for post in posts if post.external_id in self.figures}


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Reporting:
    channel = Reporting()
    monkeypatch.setitem(registry.all_channels(), "wechat", channel)
    return channel


@pytest.fixture
def plan() -> SimpleNamespace:
    campaign = SimpleNamespace(id="cunchao", measurement=SimpleNamespace(checkpoint_hours=24))
    return SimpleNamespace(campaign=campaign, cluster=Cluster(), rules=None)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def put(ledger: Ledger) -> Callable[..., int]:
    """Put a publication into the edition; its id."""

    def make(
        state: str = "live",
        *,
        account: str = "daily/wechat",
        at: datetime = NOON,
        external_id: str | None = None,
        rehearsal: bool = False,
    ) -> int:
        with ledger.begin() as session:
            edition = open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=rehearsal, options={}, now=NOON)
            number = len(session.scalars(select(Publication.id)).all()) + 1
            version = _version(session, edition, number)
            publication = Publication(
                edition_id=edition.id,
                story_id=version.story_id,
                version_id=version.id,
                outlet=account.partition("/")[0],
                channel=account.partition("/")[2],
                account=account,
                state=state,
                fingerprint=f"rm{number}",
                scheduled_at=at,
                claim="token" if state == "sending" else None,
                claimed_at=at if state in ("sending", "unknown") else None,
                external_id=(external_id or f"A{number}") if state in ("accepted", "live") else None,
                accepted_at=at if state in ("accepted", "live") else None,
                live_at=at if state == "live" else None,
                progress={},
            )
            session.add(publication)
            session.flush()
            return publication.id

    return make


def _version(session: Any, edition: Edition, number: int) -> StoryVersion:
    pitch = Pitch(
        edition_id=edition.id,
        source="desk",
        ref=str(number),
        title="t",
        state="accepted",
        channels=[],
        score_terms={},
        submitted_at=NOON,
    )
    session.add(pitch)
    session.flush()
    assignment = Assignment(
        edition_id=edition.id,
        pitch_id=pitch.id,
        outlet="daily",
        state="done",
        partners=[],
        reasons={},
        answer_by=NOON,
        deadline_at=NOON,
        offered_at=NOON,
    )
    session.add(assignment)
    session.flush()
    story = Story(edition_id=edition.id, assignment_id=assignment.id, outlet="daily", state="signed_off", filed_at=NOON)
    session.add(story)
    session.flush()
    version = StoryVersion(
        story_id=story.id,
        number=1,
        content_hash=f"{number:064d}",
        title=f"第 {number} 条",
        body="正文",
        tags=[],
        filed_at=NOON,
    )
    session.add(version)
    session.flush()
    return version


@pytest.fixture
def connect() -> Callable[..., Credential]:
    return lambda *_: Credential("http://sandbox.invalid", {}, sandbox=True)


@pytest.fixture
def snapshots(ledger: Ledger) -> Callable[[], list[tuple[Any, ...]]]:
    def read() -> list[tuple[Any, ...]]:
        with ledger.read() as session:
            rows = session.scalars(select(Snapshot).order_by(Snapshot.observed_at, Snapshot.publication_id))
            return [(row.publication_id, row.observed_at, row.reads, row.likes) for row in rows]

    return read
