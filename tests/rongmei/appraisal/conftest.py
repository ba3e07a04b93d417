"""A newsroom of three outlets whose work of a week is put into a ledger piece by piece."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rongmei.appraisal import Span
from rongmei.config import Cluster, PeriodRules, load_period_rules
from rongmei.ledger import (
    Assignment,
    Edition,
    Ledger,
    Pitch,
    Publication,
    Review,
    Snapshot,
    Story,
    StoryVersion,
)
from rongmei.ledger.tables import Base
from rongmei.settings import PACKAGE_CONFIG

MONDAY = datetime(2026, 5, 31, 16, 0, tzinfo=UTC)
"""Midnight of Monday the first of June in Shanghai."""
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 7)
NOW = MONDAY + timedelta(days=10)


def make_cluster(**changes: Any) -> Cluster:
    def outlet(name: str, said: str, kind: str, size: int, fans: int | None, **more: Any) -> dict[str, Any]:
        accounts = [{"channel": "wechat", "handle": said, "followers": fans}, {"channel": "weibo", "handle": said}]
        base = {"id": name, "name": said, "kind": kind, "size": size, "regions": [said], "beats": ["民生"]}
        mail = {"capacity_per_day": 4, "contact_email": "a@example.com"}
        return {**base, **mail, "accounts": accounts, **more}

    people = [
        {"id": "chen", "name": "陈策", "role": "producer", "title": "制片", "email": "c@example.com"},
        {"id": "lin", "name": "林初", "role": "editor", "title": "责编", "email": "l@example.com"},
        {"id": "sun", "name": "孙终", "role": "editor", "title": "总编", "email": "s@example.com"},
    ]
    outlets = [
        outlet("daily", "日报", "city", 300, 1_260_000),
        outlet("humen", "虎门融媒", "town", 8, 8_000, **changes),
        outlet("shipai", "石排融媒", "town", 5, 5_000),
    ]
    rota = {"anchor": date(2026, 1, 5), "order": ["daily"]}
    return Cluster.model_validate({"id": "dg", "name": "东莞", "outlets": outlets, "people": people, "rota": rota})


class Room:
    """Puts work into the ledger; moments are hours from Monday midnight."""

    def __init__(self, ledger: Ledger, campaign: str = "cup") -> None:
        self.ledger = ledger
        self.cluster = make_cluster()
        self.rules: PeriodRules = load_period_rules(PACKAGE_CONFIG, "dongguan-cluster-v1")
        self.campaign = campaign
        self._number = 0
        with ledger.begin() as session:
            edition = Edition(key=f"{campaign}/2026-06-01", campaign=campaign, day=FIRST, options={}, opened_at=MONDAY)
            session.add(edition)
            session.flush()
            self.edition = edition.id

    @property
    def span(self) -> Span:
        return Span(self.cluster, (self.campaign,), FIRST, LAST)

    def add(self, thing: Any) -> Any:
        with self.ledger.begin() as session:
            session.add(thing)
            session.flush()
        return thing

    def story(
        self,
        outlet: str,
        at: float = 10,
        *,
        author: str = "",
        late: bool = False,
        returned: int = 0,
        title: str | None = None,
        **version: Any,
    ) -> int:
        """A story pitched, accepted, filed and signed off within the hours after `at`; its id."""
        self._number += 1
        start = MONDAY + timedelta(hours=at)
        ref = str(self._number)
        pitch = self.add(
            Pitch(
                edition_id=self.edition,
                source="b",
                ref=ref,
                outlet=outlet,
                title="题",
                state="accepted",
                submitted_at=start,
            )
        )
        filed = start + timedelta(hours=9 if late else 2)
        task = self.add(
            Assignment(
                edition_id=self.edition,
                pitch_id=pitch.id,
                outlet=outlet,
                state="done",
                offered_at=start,
                answer_by=start + timedelta(hours=3),
                deadline_at=start + timedelta(hours=8),
                answered_at=start + timedelta(hours=1),
            )
        )
        story = self.add(
            Story(
                edition_id=self.edition,
                assignment_id=task.id,
                outlet=outlet,
                state="signed_off",
                filed_at=filed,
                signed_off_at=filed + timedelta(hours=1),
            )
        )
        digest = f"{story.id:064d}"
        made = StoryVersion(
            story_id=story.id,
            number=1,
            content_hash=digest,
            title=title or f"稿{self._number}",
            author=author,
            body="文",
            filed_at=filed,
            **version,
        )
        self.add(made)
        with self.ledger.begin() as session:
            session.get_one(Story, story.id).current_hash = digest
            for n in range(returned):
                session.add(
                    Review(
                        story_id=story.id,
                        content_hash=digest,
                        stage="second_review",
                        reviewer=f"r{n}",
                        decision="return",
                        opinion="改",
                        decided_at=filed,
                    )
                )
        return int(story.id)

    def post(
        self,
        story: int,
        account: str,
        *figures: tuple[float, dict[str, Any]],
        live: float = 14,
        position: int | None = 1,
        state: str = "live",
    ) -> int:
        """A publication with snapshots: (hours after going live, figures); its id."""
        outlet, _, channel = account.partition("/")
        moment = MONDAY + timedelta(hours=live)
        self._number += 1
        with self.ledger.begin() as session:
            version = session.query(StoryVersion).filter_by(story_id=story).one()
            made = Publication(
                edition_id=self.edition,
                story_id=story,
                version_id=version.id,
                outlet=outlet,
                channel=channel,
                account=account,
                state=state,
                fingerprint="f",
                scheduled_at=moment,
                live_at=moment,
                external_id=f"x{self._number}",
                position=position,
            )
            session.add(made)
            session.flush()
            for hours, counts in figures:
                at = moment + timedelta(hours=hours)
                session.add(Snapshot(publication_id=made.id, observed_at=at, last_seen_at=at, **counts))
            return made.id


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("appraisal") / "empty.db"
    ledger = Ledger(f"sqlite:///{file}")
    Base.metadata.create_all(ledger.engine)
    ledger.close()
    return file


@pytest.fixture
def room(empty_ledger: Path, tmp_path: Path) -> Iterator[Room]:
    ledger = Ledger(f"sqlite:///{shutil.copy(empty_ledger, tmp_path / 'ledger.db')}")
    yield Room(ledger)
    ledger.close()


@pytest.fixture
def cluster_with() -> Any:
    """Makes the cluster with changes to 虎门融媒."""
    return make_cluster


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def monday() -> datetime:
    return MONDAY
