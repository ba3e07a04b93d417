"""A small newsroom for the story tests: an open edition, outlets with drop folders, assignments, pictures."""

from __future__ import annotations

import itertools
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from sqlalchemy import select

from rongmei.config import Plan, models
from rongmei.ledger import Assignment, Edition, Ledger, Pitch, Story, StoryVersion
from rongmei.ledger.tables import Base
from rongmei.settings import Settings
from rongmei.stories import (
    FiledTopic,
    Graded,
    IntakeSummary,
    ReviewSheet,
    ReviewSummary,
    file_topic,
    intake,
    record_reviews,
    review_sheet,
    set_grade,
)

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
KEY = "cunchao/2026-06-06"
BODY = "东城队昨晚以二比一战胜南城队，全场观众超过三万人。" * 8


# The story stage never looks at the appraisal's rules.
RULES = models.RuleSet.model_construct(id="basic")


def _cluster() -> models.Cluster:
    def outlet(slug: str, name: str) -> models.Outlet:
        return models.Outlet(
            id=slug,
            name=name,
            kind="town",
            size=10,
            regions=(name,),
            beats=("体育",),
            capacity_per_day=3,
            contact_email=f"{slug}@example.com",
        )

    people = ("lin", "chen", "wang", "zhao", "qian", "sun")
    names = ("林初", "陈二", "王终", "赵审", "钱审", "孙审")
    return models.Cluster(
        id="dongguan",
        name="东莞",
        outlets=(outlet("dongcheng", "东城融媒"), outlet("nancheng", "南城融媒")),
        people=tuple(
            models.Person(id=p, name=n, role="editor", title="责任编辑", email=f"{p}@example.com")
            for p, n in zip(people, names, strict=True)
        ),
        rota=models.Rota(anchor=date(2026, 1, 5), order=("dongcheng", "nancheng")),
    )


def make_campaign(
    first: tuple[str, ...] = ("lin", "chen"),
    second: tuple[str, ...] = ("chen", "zhao"),
    final: tuple[str, ...] = ("wang", "lin"),
    countersign: tuple[str, ...] = (),
    **production: object,
) -> models.Campaign:
    return models.Campaign(
        id="cunchao",
        name="村超",
        cluster="dongguan",
        owner="lin",
        columns=(models.Column(id="match", name="战报"), models.Column(id="people", name="人物")),
        watch=models.Watch(keywords=("村超",)),
        sources=(models.WorkbookSource(kind="workbook", id="pitches", name="报题表", inbox="cunchao"),),
        pitching=models.Pitching(meeting=("lin",)),
        production=models.Production(
            max_image_mb=1,
            max_video_mb=1,
            max_audio_mb=1,
            reviews=models.Reviews(first=first, second=second, final=final, countersign=countersign),
            **production,
        ),
        publishing=models.PublishingRules(channels=("wechat", "weibo")),
        reporting=models.Reporting(rules="basic", recipients=("lin",)),
    )


def picture(fmt: str = "JPEG", size: tuple[int, int] = (64, 48), colour: str = "red") -> bytes:
    stream = BytesIO()
    Image.new("RGB", size, colour).save(stream, fmt)
    return stream.getvalue()


def box(kind: bytes, *parts: bytes, wide: bool = False) -> bytes:
    """An ISO-BMFF box; `wide` writes its size in 64 bits."""
    content = b"".join(parts)
    if wide:
        return struct.pack(">I4sQ", 1, kind, len(content) + 16) + content
    return struct.pack(">I4s", len(content) + 8, kind) + content


UPRIGHT = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
LYING = (0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)


def track(
    width: int = 640,
    height: int = 360,
    *,
    handler: bytes = b"vide",
    flags: int = 7,
    matrix: tuple[int, ...] = UPRIGHT,
    version: int = 0,
) -> bytes:
    """A `trak` with what the house reads of one."""
    times = struct.pack(">QQIIQ" if version else ">IIIII", 0, 0, 1, 0, 0)
    header = struct.pack(">I", version << 24 | flags) + times + bytes(16)
    header += struct.pack(">9i", *matrix) + struct.pack(">II", width << 16, height << 16)
    return box(b"trak", box(b"tkhd", header), box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(13))))


def movie(duration: int = 3200, scale: int = 1000, version: int = 0) -> bytes:
    """A `mvhd`."""
    times = struct.pack(">QQIQ" if version else ">IIII", 0, 0, scale, duration)
    return box(b"mvhd", struct.pack(">I", version << 24), times, bytes(80))


def film(
    *,
    start: bytes = box(b"ftyp", b"isom", bytes(4), b"isommp41"),
    header: bytes | None = None,
    tracks: tuple[bytes, ...] | None = None,
    frames: bytes = b"frames",
    after: bytes = b"",
) -> bytes:
    """An MP4 as far as the house looks into it: 640×360, 3.2 seconds."""
    moov = box(b"moov", movie() if header is None else header, *((track(),) if tracks is None else tracks))
    return start + moov + box(b"mdat", frames) + after


@dataclass
class Newsroom:
    """Everything a test needs to play outlet and reviewer."""

    ledger: Ledger
    settings: Settings
    plan: Plan
    key: str = KEY
    now: datetime = NOW
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def edition(self, key: str, *, campaign: str = "cunchao", rehearsal: bool = False, state: str = "open") -> int:
        with self.ledger.begin() as session:
            row = Edition(
                key=key,
                campaign=campaign,
                day=date.fromisoformat(key.split("/")[1]),
                rehearsal=rehearsal,
                state=state,
                opened_at=NOW,
            )
            session.add(row)
            session.flush()
            return row.id

    def assignment(self, outlet: str = "dongcheng", *, state: str = "accepted", key: str = KEY) -> int:
        number = next(self._numbers)
        with self.ledger.begin() as session:
            edition = session.scalars(select(Edition).where(Edition.key == key)).one()
            pitch = Pitch(
                edition_id=edition.id,
                source="pitches",
                ref=str(number),
                outlet=outlet,
                title=f"选题{number}",
                column="match",
                state="accepted",
                submitted_at=NOW,
            )
            session.add(pitch)
            session.flush()
            row = Assignment(
                edition_id=edition.id,
                pitch_id=pitch.id,
                outlet=outlet,
                state=state,
                answer_by=NOW,
                deadline_at=NOW + timedelta(hours=8),
                offered_at=NOW,
            )
            session.add(row)
            session.flush()
            return row.id

    def folder(self, outlet: str = "dongcheng", *, rehearsal: bool = False) -> Path:
        folder = self.settings.inbox(rehearsal=rehearsal) / "stories" / outlet
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def drop(self, name: str, data: bytes | str, outlet: str = "dongcheng") -> Path:
        path = self.folder(outlet) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def drop_story(
        self, assignment: int, *, name: str = "稿件.md", head: str = "", body: str = BODY, outlet: str = "dongcheng"
    ) -> Path:
        text = f"---\nassignment: {assignment}\ntitle: 东城夺冠\nauthor: 张三\n{head}\n---\n{body}\n"
        return self.drop(name, text, outlet)

    def take_in(self) -> IntakeSummary:
        return intake(self.ledger, self.plan, self.key, settings=self.settings, now=self.now)

    def file(self, assignment: int, **parts: str) -> int:
        """Drop a story, take it in, and give its id."""
        self.drop_story(assignment, **parts)
        summary = self.take_in()
        assert summary.refused == 0, self.notes()
        return self.story_of(assignment).id

    def notes(self, outlet: str = "dongcheng") -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder(outlet).rglob("*.退回说明.txt")))

    def names(self, box: str, outlet: str = "dongcheng") -> list[str]:
        root = self.folder(outlet) / box / self.key.replace("/", "_")
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def story_of(self, assignment: int) -> Story:
        with self.ledger.read() as session:
            story = session.scalars(select(Story).where(Story.assignment_id == assignment)).one()
            session.expunge_all()  # the end of a reading expires what is still in the session
            return story

    def story(self, story_id: int) -> Story:
        with self.ledger.read() as session:
            story = session.get_one(Story, story_id)
            session.expunge_all()
            return story

    def current(self, story_id: int) -> StoryVersion:
        with self.ledger.read() as session:
            wanted = select(StoryVersion).join(Story, Story.current_hash == StoryVersion.content_hash)
            version = session.scalars(wanted.where(Story.id == story_id, StoryVersion.story_id == story_id)).one()
            session.expunge_all()
            return version

    def sheet(self, stage: str) -> ReviewSheet:
        return review_sheet(self.ledger, self.plan, self.key, stage, now=self.now)

    def review(
        self,
        stage: str,
        by: str,
        *,
        passed: dict[int, str] | None = None,
        opinions: dict[int, str] | None = None,
        rejected: tuple[int, ...] = (),
        seen: dict[int, str] | None = None,
        confirmed: dict[int, tuple[str, ...]] | None = None,
    ) -> ReviewSummary:
        return record_reviews(
            self.ledger,
            self.plan,
            self.key,
            stage,
            by=by,
            passed=passed or {},
            opinions=opinions or {},
            rejected=rejected,
            now=self.now,
            seen=seen,
            confirmed=confirmed,
        )

    def pass_all(self, stage: str, by: str, *, confirm: bool = False) -> ReviewSummary:
        items = self.sheet(stage).items
        hashes = {item.story_id: item.content_hash for item in items}
        confirmed = {item.story_id: item.to_confirm for item in items} if confirm else None
        return self.review(stage, by, passed=hashes, seen=hashes, confirmed=confirmed)

    def grade(self, story: int, grade: str, by: str = "wang", why: str = "理由") -> Graded:
        return set_grade(self.ledger, self.plan, story, grade, by=by, why=why, now=self.now)

    def file_topic(self, story: int, state: str, **parts: str) -> FiledTopic:
        parts = {"authority": "市委宣传部", "number": "2026-1", "note": "说明", "by": "lin", **parts}
        return file_topic(self.ledger, self.plan, story, state, now=self.now, **parts)

    def sign_off(self) -> None:
        for stage, by in (("first_review", "lin"), ("second_review", "zhao"), ("final_review", "wang")):
            self.pass_all(stage, by)


@pytest.fixture(scope="session")
def _empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger file with tables and no rows; copied, because making the tables takes longer than most tests."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    ledger = Ledger(f"sqlite:///{path}")
    Base.metadata.create_all(ledger.engine)
    ledger.close()
    return path


@pytest.fixture
def open_newsroom(_empty_ledger: Path) -> Iterator[Callable[[Path], Newsroom]]:
    opened: list[Newsroom] = []

    def make(home: Path) -> Newsroom:
        home.mkdir(exist_ok=True)
        shutil.copy(_empty_ledger, home / "ledger.db")
        settings = Settings(
            home=home,
            ledger_url=f"sqlite:///{home / 'ledger.db'}",
            config=home,
            sandbox_url=None,
            sources_base=None,
            smtp_url=None,
        )
        room = Newsroom(Ledger(settings.ledger_url), settings, Plan(make_campaign(), _cluster(), RULES))
        room.edition(KEY)
        opened.append(room)
        return room

    yield make
    for room in opened:
        room.ledger.close()


@pytest.fixture
def newsroom(open_newsroom: Callable[[Path], Newsroom], tmp_path: Path) -> Newsroom:
    return open_newsroom(tmp_path)


@pytest.fixture(name="campaign_with")
def _campaign_with():
    return make_campaign


@pytest.fixture(name="picture")
def _picture():
    return picture


@pytest.fixture(name="film")
def _film():
    return film


@pytest.fixture(name="boxes")
def _boxes():
    return SimpleNamespace(box=box, track=track, movie=movie, film=film, LYING=LYING)


@pytest.fixture(name="body")
def _body() -> str:
    return BODY
