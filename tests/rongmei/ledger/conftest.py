"""An up-to-date ledger on SQLite and on PostgreSQL, and a world in it with two valid rows of every table."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, inspect, text

from rongmei.ledger import (
    Amendment,
    Anomaly,
    Appeal,
    Assignment,
    AssignmentEvent,
    BoardEntry,
    BoardHit,
    Credit,
    DueReading,
    Edition,
    Filing,
    Lead,
    Ledger,
    Link,
    Mail,
    Media,
    Period,
    PeriodScore,
    Pitch,
    PitchEvent,
    Publication,
    PublicationEvent,
    QuotaUse,
    Report,
    Review,
    Score,
    ScoreAmendment,
    Snapshot,
    SnapshotDay,
    Story,
    StoryEvent,
    StoryMedia,
    StoryVersion,
    Submission,
    upgrade,
)
from rongmei.ledger.tables import Base

NOW = datetime(2026, 6, 6, 12, 0, tzinfo=UTC)

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("postgres_database")())


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ledger") / "template.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres_lasting_database: Callable[[], str]) -> str:
    url = postgres_lasting_database()
    upgrade(url)
    return url


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'ledger.db')}"


@pytest.fixture
def postgres_url(migrated_postgres: str) -> str:
    """One database for all tests, emptied for each: copying one takes ten times as long."""
    engine = create_engine(migrated_postgres, poolclass=NullPool)
    with engine.begin() as connection:
        # A test that left a transaction open would hold this up for ever.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY"))
    return migrated_postgres


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database without rows; its tables are to be left as they are."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def own_url(empty_url: str) -> str:
    """A migrated database of the test's own."""
    upgrade(empty_url)
    return empty_url


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    made = Ledger(url)
    yield made
    made.close()


@pytest.fixture(scope="module", params=BOTH)
def standing(
    request: pytest.FixtureRequest, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """A ledger with the world in it, shared by tests whose every write is refused: `ledger` and `keys`."""
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path_factory.mktemp('standing') / 'ledger.db')}"
    else:
        url = request.getfixturevalue("postgres_lasting_database")()
        upgrade(url)
    made = Ledger(url)
    yield SimpleNamespace(ledger=made, keys=fill(made))
    made.close()


@pytest.fixture
def sqlite_ledger(sqlite_url: str) -> Iterator[Ledger]:
    made = Ledger(sqlite_url)
    yield made
    made.close()


@pytest.fixture
def world(ledger: Ledger) -> SimpleNamespace:
    """Two rows of every table, told apart by their last letter or number; the keys of the first and the second.

    Each is the plain case: a pitch submitted, an assignment offered, a publication scheduled.
    """
    return fill(ledger)


@pytest.fixture
def settle() -> Callable[[Ledger], SimpleNamespace]:
    """Puts the world into a ledger of the test's own."""
    return fill


def fill(ledger: Ledger) -> SimpleNamespace:
    with ledger.begin() as session:
        made = furnish(session)
        # Of a key of several columns the first is enough to tell the two rows apart.
        keys = {name: tuple(inspect(one).identity[0] for one in things) for name, things in made.items()}
    return SimpleNamespace(**keys)


def furnish(session: Any) -> dict[str, list[Any]]:
    """Fill a new ledger; the rows by table."""
    made: dict[str, list[Any]] = {}

    def add(*things: Any) -> list[Any]:
        session.add_all(things)
        session.flush()
        made[type(things[0]).__tablename__] = list(things)
        return list(things)

    editions = add(*(edition(day=date(2026, 6, day)) for day in (6, 13)))
    add(*(BoardEntry(board="weibo", observed_at=NOW, position=n, title=f"热搜{n}", heat=None) for n in (1, 2)))
    leads = add(*(lead(ref=f"lead-{n}") for n in (1, 2)))
    pitches = add(*(pitch(edition_id=editions[0].id, ref=f"row-{n}", lead_id=leads[0].id) for n in (1, 2)))
    assignments = add(
        *(assignment(one, outlet=outlet) for one, outlet in zip(pitches, ("humen", "daily"), strict=True))
    )
    stories = add(*(story(one) for one in assignments))
    versions = add(*(version(one, content_hash=str(n) * 64, number=n) for n, one in enumerate(stories, 1)))
    stories[0].current_hash = versions[0].content_hash
    media = add(*(Media(sha256=c * 64, content_type="image/png", size_bytes=9, added_at=NOW) for c in "ab"))
    add(
        *(
            StoryMedia(version_id=one.id, sha256=file.sha256, role="body", position=n, name=f"{n}.png")
            for n, (one, file) in enumerate(zip(versions, media, strict=True))
        )
    )
    add(
        review(versions[0], stage="first_review", reviewer="lin-chu"),
        review(versions[0], stage="second_review", reviewer="zhou-dai"),
    )
    publications = add(
        *(
            publication(one, account=f"{outlet}/wechat", external_id=f"post-{outlet}")
            for one, outlet in zip(versions, ("humen", "daily"), strict=True)
        )
    )
    add(
        *(
            Amendment(
                publication_id=one.id, kind="correction", version_id=one.version_id, by="sun-zhong", ordered_at=NOW
            )
            for one in publications
        )
    )
    add(*(QuotaUse(account=f"{outlet}/wechat", quota="post", window_at=NOW) for outlet in ("humen", "daily")))
    add(*(Snapshot(publication_id=one.id, observed_at=NOW, reads=None) for one in publications))
    add(*(SnapshotDay(publication_id=one.id, day=NOW.date()) for one in publications))
    add(*(DueReading(publication_id=one.id, due_at=NOW, read_at=NOW) for one in publications))
    add(*(score(editions[0], outlet=outlet) for outlet in ("humen", "daily")))
    add(*(report(one) for one in editions))
    add(
        *(
            Submission(kind="citizen", campaign="cunchao", ref=f"form-{n}", title="街边", received_at=NOW)
            for n in (1, 2)
        )
    )
    times = {"issued_at": NOW, "expires_at": NOW + timedelta(days=1)}
    add(*(Link(id=c * 32, purpose="answer", subject=f"assignment:{c}", issued_by="rongmei", **times) for c in "ab"))
    add(*(Filing(story_id=one.id, state="applied", authority="市委宣传部", by="sun-zhong", at=NOW) for one in stories))
    stay = {"campaign": "cunchao", "board": "weibo", "first_seen_at": NOW, "last_seen_at": NOW, "best_at": NOW}
    add(*(BoardHit(title=f"村超{n}", first_position=9, best_position=n, **stay) for n in (1, 2)))
    add(
        *(
            Anomaly(publication_id=one.id, kind="spike", measure="reads", observed_at=NOW, flagged_at=NOW)
            for one in publications
        )
    )
    periods = add(*(period(key=f"period:{n}") for n in (1, 2)))
    scores = add(
        *(PeriodScore(period_id=periods[0].id, kind="outlet", subject=s, total=8.0, rank=1) for s in ("humen", "daily"))
    )
    appeals = add(*(Appeal(score_id=one.id, term="spread", why="少算", by="humen", at=NOW) for one in scores))
    add(
        *(
            ScoreAmendment(
                score_id=one.score_id, appeal_id=one.id, term="spread", points=1.0, why="补", by="desk", at=NOW
            )
            for one in appeals
        )
    )
    praise = {"cluster": "dongguan", "kind": "adoption", "level": "city", "evidence": "市台早新闻", "at": NOW}
    add(*(Credit(title=f"决赛夜{n}", outlet="humen", day=date(2026, 6, n), by="chen-ce", **praise) for n in (1, 2)))
    add(*(mail(key=f"mail-{n}", message_id=f"<{n}@rongmei>", edition_id=editions[0].id) for n in (1, 2)))
    for kind, things in (
        (PitchEvent, pitches),
        (AssignmentEvent, assignments),
        (StoryEvent, stories),
        (PublicationEvent, publications),
    ):
        add(*(kind(thing_id=one.id, at=NOW, by="系统", to_state=one.state) for one in things))
    return made


def edition(**values: Any) -> Edition:
    campaign, day = values.get("campaign", "cunchao"), values["day"]
    base = {"key": f"{campaign}/{day.isoformat()}", "campaign": campaign, "rehearsal": False, "options": {}}
    return Edition(**{**base, "opened_at": NOW, **values})


def lead(**values: Any) -> Lead:
    base = {"campaign": "cunchao", "source": "weibo-board", "title": "村超", "evidence": {}}
    return Lead(**{**base, "first_seen_at": NOW, "last_seen_at": NOW, **values})


def pitch(**values: Any) -> Pitch:
    base = {"source": "workbooks", "ref": "row-1", "title": "决赛夜", "state": "submitted", "submitted_at": NOW}
    return Pitch(**{**base, **values})


def assignment(of: Pitch, **values: Any) -> Assignment:
    base = {"edition_id": of.edition_id, "pitch_id": of.id, "outlet": "humen", "state": "offered", "offered_at": NOW}
    return Assignment(**{**base, "answer_by": NOW, "deadline_at": NOW + timedelta(hours=8), **values})


def story(of: Assignment, **values: Any) -> Story:
    base = {"edition_id": of.edition_id, "assignment_id": of.id, "outlet": of.outlet, "state": "filed"}
    return Story(**{**base, "filed_at": NOW, **values})


def version(of: Story, **values: Any) -> StoryVersion:
    base = {"story_id": of.id, "number": 1, "content_hash": "1" * 64, "title": "决赛夜", "body": "街坊们准时到场。"}
    return StoryVersion(**{**base, "filed_at": NOW, **values})


def review(of: StoryVersion, **values: Any) -> Review:
    base = {"story_id": of.story_id, "content_hash": of.content_hash, "decision": "pass", "opinion": ""}
    return Review(**{**base, "decided_at": NOW, **values})


def publication(of: StoryVersion, **values: Any) -> Publication:
    base = {"edition_id": 1, "story_id": of.story_id, "version_id": of.id, "outlet": "humen", "channel": "wechat"}
    return Publication(**{**base, "account": "humen/wechat", "fingerprint": "f", "scheduled_at": NOW, **values})


def score(of: Edition, **values: Any) -> Score:
    base = {"edition_id": of.id, "rules": "dongguan@1", "total": 80.0, "rank": 1, "terms": {}, "scored_at": NOW}
    return Score(**{**base, **values})


def report(of: Edition, **values: Any) -> Report:
    base = {
        "key": f"edition:{of.key}",
        "edition_id": of.id,
        "kind": "edition",
        "subject": "考核报告",
        "html": "",
        "text": "",
        "message": b"",
    }
    return Report(**{**base, "folder": "r", "built_at": NOW, **values})


def period(**values: Any) -> Period:
    base = {"cluster": "dongguan", "first_day": date(2026, 6, 1), "last_day": date(2026, 6, 7), "rules": "dongguan@1"}
    frozen = {"rules_json": b"", "inputs_json": b"", "inputs_hash": "0" * 64, "frozen_at": NOW, "frozen_by": "desk"}
    return Period(**{**base, **frozen, **values})


def mail(**values: Any) -> Mail:
    base = {"recipient": "a@example.com", "subject": "简报", "message": b"", "queued_at": NOW}
    return Mail(**{**base, **values})


@pytest.fixture
def make() -> SimpleNamespace:
    """Makers of single valid rows, not yet in any session."""
    return SimpleNamespace(
        edition=edition,
        lead=lead,
        pitch=pitch,
        assignment=assignment,
        story=story,
        version=version,
        review=review,
        publication=publication,
        mail=mail,
    )


class Runners:
    """Processes that stop at the same line and then all run at once."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[str]] = []

    def start(self, code: str, *arguments: str) -> None:
        """Start a process that imports the ledger, waits, and runs `code` with `arguments` in sys.argv."""
        text = f"import sys\nfrom rongmei.ledger import *\nprint('ready', flush=True)\nsys.stdin.readline()\n{code}"
        command = [sys.executable, "-c", text, *arguments]
        self._running.append(
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        )

    def go(self) -> list[str]:
        """Let them all run; what each printed. Fails when one of them did."""
        for one in self._running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n", one.communicate()[1]
        for one in self._running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        told = [one.communicate(timeout=60) for one in self._running]
        assert [one.returncode for one in self._running] == [0] * len(told), [errors for _, errors in told]
        return [printed.strip() for printed, _ in told]

    def stop(self) -> None:
        for one in self._running:
            if one.poll() is None:
                one.kill()
                one.communicate()


@pytest.fixture
def runners() -> Iterator[Runners]:
    made = Runners()
    yield made
    made.stop()
