"""A cluster of two newsrooms with three accounts each, signed-off stories, and a platform that lives in memory."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from rongmei.channels import (
    Absent,
    Accepted,
    Article,
    Capabilities,
    Credential,
    Line,
    Numbers,
    Package,
    Parcel,
    Pending,
    Posted,
    Progress,
    Slip,
    registry,
)
from rongmei.clock import at_local
from rongmei.config import Account, Campaign, Cluster, Outlet, Plan, RuleSet
from rongmei.ledger import (
    Assignment,
    Ledger,
    Media,
    Pitch,
    Publication,
    PublicationEvent,
    Story,
    StoryMedia,
    StoryVersion,
    open_edition,
)
from rongmei.ledger.tables import Base
from rongmei.settings import Settings

DAY = date(2026, 6, 6)
KEY = "cunchao/2026-06-06"
NOON = at_local(DAY, "12:00")
CHANNELS = ["wechat", "weibo", "wordpress"]
BODY = "东城队昨晚以二比一战胜南城队，全场观众超过三万人。" * 6


def make_plan(
    *,
    outlets: Sequence[str] = ("daily", "dongcheng"),
    on: Sequence[str] = CHANNELS,
    account: Mapping[str, Any] | None = None,
    **publishing: Any,
) -> Plan:
    """The first outlet is the city's.

    Args:
        on: channels the outlets have accounts on.
        account: more about every account: limits, slots.
    """

    def outlet(index: int, name: str) -> dict[str, Any]:
        return {
            "id": name,
            "name": f"{name}编辑部",
            "kind": "city" if index == 0 else "town",
            "size": 10,
            "regions": [name],
            "beats": ["体育"],
            "capacity_per_day": 3,
            "accounts": [{"channel": channel, "handle": f"{name}-{channel}", **(account or {})} for channel in on],
            "contact_email": f"{name}@example.com",
        }

    people = ["chen-ce", "zhou-dai", "lin-chu", "zhao-fu"]
    cluster = Cluster.model_validate(
        {
            "id": "dongguan",
            "name": "东莞融媒体集群",
            "outlets": [outlet(index, name) for index, name in enumerate(outlets)],
            "people": [
                {"id": name, "name": name, "role": "editor", "title": "编辑", "email": f"{name}@example.com"}
                for name in people
            ],
            "rota": {"anchor": "2026-06-01", "order": list(outlets)},
        }
    )
    campaign = Campaign.model_validate(
        {
            "id": "cunchao",
            "name": "村超比赛日",
            "cluster": "dongguan",
            "owner": "chen-ce",
            "columns": [{"id": "live", "name": "赛场直击"}],
            "watch": {"keywords": ["村超"]},
            "sources": [{"kind": "workbook", "id": "workbooks", "name": "报题", "inbox": "cunchao"}],
            "pitching": {"meeting": ["chen-ce"]},
            "production": {"reviews": {"first": people[:2], "second": people[1:3], "final": people[2:]}},
            "publishing": {"channels": list(on), "min_gap_minutes": 0, **publishing},
            "reporting": {"rules": "v1", "recipients": ["chen-ce"]},
        }
    )
    rules = RuleSet.model_validate({"id": "v1", "name": "考核", "version": "1", "weights": {"spread": 1.0}})
    return Plan(campaign, cluster, rules)


@dataclass
class Time:
    """A clock that stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Newsroom:
    """A ledger with one edition, and hands to put stories into it and look at what became of them."""

    ledger: Ledger
    settings: Settings
    plan: Plan
    time: Time = field(default_factory=Time)
    stories: int = 0

    def open(self, *, rehearsal: bool = False, channels: Sequence[str] = (), day: date = DAY) -> str:
        with self.ledger.begin() as session:
            options = {"channels": list(channels)}
            return open_edition(
                session, "cunchao", day, rehearsal=rehearsal, options=options, now=self.time.now - timedelta(days=1)
            ).key

    def sign_off(
        self,
        title: str = "东城队二比一战胜南城队",
        *,
        outlet: str = "dongcheng",
        key: str = KEY,
        picture: bool = False,
        at: datetime | None = None,
        body: str = BODY,
        ai: bool = False,
        score: float | None = None,
        video: bool = False,
        extras: Mapping[str, Any] | None = None,
    ) -> int:
        """A signed-off story; its id."""
        self.stories += 1
        now = at or self.time.now
        media = [(self.add_picture(), "cover")] if picture else []
        media += [(self.add_video(), "video")] if video else []
        with self.ledger.begin() as session:
            edition = open_edition(session, "cunchao", DAY, rehearsal=key.endswith("rehearsal"), options={}, now=now)
            pitch = Pitch(
                edition_id=edition.id,
                source="desk",
                ref=str(self.stories),
                title=title,
                state="accepted",
                channels=[],
                score=score,
                score_terms={},
                submitted_at=now,
            )
            session.add(pitch)
            session.flush()
            assignment = Assignment(
                edition_id=edition.id,
                pitch_id=pitch.id,
                outlet=outlet,
                state="done",
                partners=[],
                reasons={},
                answer_by=now,
                deadline_at=now,
                offered_at=now,
            )
            session.add(assignment)
            session.flush()
            story = Story(
                edition_id=edition.id,
                assignment_id=assignment.id,
                outlet=outlet,
                state="signed_off",
                filed_at=now,
                signed_off_at=now,
            )
            session.add(story)
            session.flush()
            self._version(session, story, title, body, now, media=media, ai=ai, extras=extras)
            return story.id

    def _version(self, session, story, title, body, now, *, media=(), ai=False, extras=None) -> None:
        number = len(session.scalars(select(StoryVersion).where(StoryVersion.story_id == story.id)).all()) + 1
        content_hash = hashlib.sha256(f"{title}\n{body}\n{number}".encode()).hexdigest()
        version = StoryVersion(
            story_id=story.id,
            number=number,
            content_hash=content_hash,
            title=title,
            author="记者 林初",
            digest="",
            body=body + ("\n\n![夜色球场](球场.jpg)" if any(role == "cover" for _, role in media) else ""),
            tags=[],
            ai_generated=ai,
            extras=dict(extras or {}),
            filed_at=now,
        )
        for position, (sha256, role) in enumerate(media):
            name = "球场.jpg" if role == "cover" else "终场.mp4"
            version.media.append(
                StoryMedia(sha256=sha256, role=role, position=position, name=name, alt="夜色球场", credit="陈策")
            )
        session.add(version)
        story.current_hash = content_hash
        session.flush()

    def edit(self, story_id: int, title: str = "更正：东城队三比一") -> None:
        """A new version, signed off again."""
        with self.ledger.begin() as session:
            self._version(session, session.get_one(Story, story_id), title, BODY, self.time.now)

    def add_picture(self, size: tuple[int, int] = (640, 360)) -> str:
        buffer = BytesIO()
        Image.effect_noise(size, 40 + self.stories).convert("RGB").save(buffer, "JPEG", quality=90)
        return self._keep_media(buffer.getvalue(), "image/jpeg", size)

    def add_video(self) -> str:
        return self._keep_media(b"\0\0\0\x18ftypmp42" + bytes([self.stories % 256]), "video/mp4", (1920, 1080))

    def _keep_media(self, data: bytes, mime: str, size: tuple[int, int]) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.settings.media.mkdir(parents=True, exist_ok=True)
        (self.settings.media / sha256).write_bytes(data)
        with self.ledger.begin() as session:
            if session.get(Media, sha256) is None:
                session.add(
                    Media(
                        sha256=sha256,
                        content_type=mime,
                        size_bytes=len(data),
                        width=size[0],
                        height=size[1],
                        added_at=self.time.now,
                    )
                )
        return sha256

    def publications(self, channel: str | None = None) -> list[Publication]:
        with self.ledger.read() as session:
            wanted = select(Publication).order_by(Publication.id)
            found = list(session.scalars(wanted.where(Publication.channel == channel) if channel else wanted))
            session.expunge_all()
            return found

    def publication(self, publication_id: int) -> Publication:
        return next(one for one in self.publications() if one.id == publication_id)

    def states(self, channel: str | None = None) -> list[str]:
        return [publication.state for publication in self.publications(channel)]

    def events(self, publication_id: int) -> list[tuple[str | None, str, str]]:
        with self.ledger.read() as session:
            rows = session.scalars(
                select(PublicationEvent)
                .where(PublicationEvent.thing_id == publication_id)
                .order_by(PublicationEvent.id)
            )
            return [(row.from_state, row.to_state, row.why) for row in rows]


class MemoryChannel:
    """A platform in memory: what is posted stays, and what shall go wrong is queued beforehand."""

    def __init__(self, name: str = "wechat", **capabilities: Any) -> None:
        self.name = self.label = name
        usual = {"page": name == "wordpress", "links": name == "weibo"}
        self.capabilities = Capabilities(
            settle_after=timedelta(minutes=2), bulk=100, reports=("reads",), **{**usual, **capabilities}
        )
        self.posts: list[tuple[str, str]] = []
        self.sends: list[tuple[str, str]] = []
        self.prepare_faults: list[Exception] = []
        # Each fault: does it post, and what does the caller see.
        self.send_faults: list[tuple[bool, BaseException]] = []
        self.live = True
        self.confirmations: list[Any] = []
        self.sightings: list[Any] = []
        self.problems: tuple[str, ...] = ()
        self.before_send: Callable[[str], None] = lambda _: None
        self.articles: list[Article] = []
        self.busy: set[str] = set()
        self.overlaps = 0
        self._lock = threading.Lock()

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        return self.problems

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        if self.prepare_faults:
            raise self.prepare_faults.pop(0)
        if not progress.get("draft"):
            progress.save(draft=f"D-{article.fingerprint}")

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        self.before_send(article.fingerprint)
        with self._lock:
            self.overlaps += line.account in self.busy
            self.busy.add(line.account)
            self.sends.append((line.account, article.fingerprint))
            self.articles.append(article)
            fault = self.send_faults.pop(0) if self.send_faults else None
            if fault is None or fault[0]:
                self.posts.append((line.account, article.fingerprint))
                number = len(self.posts)
            self.busy.discard(line.account)
        if fault is not None:
            raise fault[1]
        url = f"https://{self.name}.example/{number}"
        return Accepted(f"{self.name}-{article.fingerprint}", url, live=self.live)

    def confirm(self, line: Line, posted: Posted) -> Any:
        if self.confirmations:
            return self.confirmations.pop(0)
        return Accepted(posted.external_id, posted.url, live=True)

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Any:
        if self.sightings:
            sighting = self.sightings.pop(0)
            if isinstance(sighting, Exception):
                raise sighting
            return sighting
        if (line.account, fingerprint) in self.posts:
            return Accepted(f"{self.name}-{fingerprint}", f"https://{self.name}.example/found", live=True)
        return Absent("看过了") if progress.get("draft") else Pending("看不清")

    def recall(self, line: Line, posted: Posted) -> None:
        raise AssertionError("publishing never recalls by itself")

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        return {post.external_id: Numbers(reads=1) for post in posts}


class BundleChannel(MemoryChannel):
    """A platform in memory that takes several posts in one call; `drafts` and `bundles` are what it was given."""

    def __init__(self, name: str = "wechat", bundle: int = 8, **capabilities: Any) -> None:
        super().__init__(name, bundle=bundle, **capabilities)
        self.drafts: list[list[str]] = []
        self.bundles: list[list[str]] = []
        self.assemble_faults: list[Exception] = []
        self.refuses: dict[str, Exception] = {}

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Faults by title, for as long as they stand there."""
        if article.title in self.refuses:
            raise self.refuses[article.title]
        super().prepare(line, article, progress)

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        raise AssertionError("what can be bundled is, also when it is alone")

    def assemble(self, line: Line, parcels: Sequence[Parcel]) -> None:
        self.drafts.append([parcel.article.title for parcel in parcels])
        if self.assemble_faults:
            raise self.assemble_faults.pop(0)
        for parcel in parcels:
            parcel.progress.save(together=[other.article.fingerprint for other in parcels])

    def send_together(self, line: Line, parcels: Sequence[Parcel]) -> tuple[Accepted, ...]:
        together = [parcel.article.fingerprint for parcel in parcels]
        assert all(parcel.progress.get("together") == together for parcel in parcels)
        assert all(parcel.progress.get("leaving") for parcel in parcels)
        self.before_send(together[0])
        with self._lock:
            self.sends.append((line.account, " ".join(together)))
            fault = self.send_faults.pop(0) if self.send_faults else None
            if fault is None or fault[0]:
                self.posts += [(line.account, fingerprint) for fingerprint in together]
                self.bundles.append([parcel.article.title for parcel in parcels])
        if fault is not None:
            raise fault[1]
        return tuple(
            Accepted(f"{self.name}-{one}", f"https://{self.name}.example/{one}", live=self.live) for one in together
        )


class HandOffChannel:
    """A platform that people publish on; a package is one file."""

    def __init__(self, name: str) -> None:
        self.name = self.label = name
        self.capabilities = Capabilities(settle_after=timedelta(0), bulk=1, reports=(), kind="handoff")
        self.problems: tuple[str, ...] = ()
        self.faults: list[Exception] = []
        self.packages: list[Path] = []
        self.slips: list[Slip] = []

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        return self.problems

    def package(self, article: Article, folder: Path, slip: Slip) -> Package:
        self.packages.append(folder)
        self.slips.append(slip)
        if self.faults:
            raise self.faults.pop(0)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "正文.txt").write_text(article.title, encoding="utf-8")
        return Package(folder, ("正文.txt",), article.text)


def sandbox_connect(outlet: Outlet, account: Account) -> Credential:
    return Credential("http://sandbox.invalid", {"token": "s3cret-token"}, sandbox=True)


@pytest.fixture
def plan() -> Plan:
    return make_plan()


@pytest.fixture(scope="session")
def fresh_newsroom(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Any]:
    """A newsroom and a WeChat of its own for each use; for tests that hypothesis runs many times."""

    @contextmanager
    def make(kind: Callable[..., Any] = MemoryChannel, **more: Any) -> Iterator[tuple[Newsroom, Any]]:
        home = tmp_path_factory.mktemp("newsroom")
        ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
        Base.metadata.create_all(ledger.engine)
        with pytest.MonkeyPatch.context() as patch:
            channel = install(patch, "wechat", kind, **more)
            yield Newsroom(ledger, Settings(home, "", home, None, None, None), make_plan()), channel
        ledger.close()

    return make


@pytest.fixture
def newsroom(tmp_path: Path, plan: Plan) -> Iterator[Newsroom]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Base.metadata.create_all(ledger.engine)
    home = tmp_path / "home"
    yield Newsroom(ledger, Settings(home, "", tmp_path, None, None, None), plan)
    ledger.close()


@pytest.fixture
def wechat(monkeypatch: pytest.MonkeyPatch) -> MemoryChannel:
    return install(monkeypatch, "wechat")


def install(monkeypatch: pytest.MonkeyPatch, name: str, kind: Callable[..., Any] = MemoryChannel, **more: Any) -> Any:
    channel = kind(name, **more)
    monkeypatch.setitem(registry.all_channels(), name, channel)
    return channel


@pytest.fixture
def put_up(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    return lambda name, **more: install(monkeypatch, name, **more)


@pytest.fixture
def bundling(monkeypatch: pytest.MonkeyPatch) -> BundleChannel:
    """A WeChat that takes up to three posts in one call."""
    return install(monkeypatch, "wechat", BundleChannel, bundle=3)


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> HandOffChannel:
    """今日头条, where people publish."""
    return install(monkeypatch, "toutiao", HandOffChannel)


@pytest.fixture(scope="session")
def connect() -> Callable[[Outlet, Account], Credential]:
    return sandbox_connect


@pytest.fixture(scope="session")
def bundle_channel() -> type[BundleChannel]:
    return BundleChannel


@pytest.fixture(scope="session")
def planned() -> Callable[..., Plan]:
    return make_plan


@pytest.fixture(scope="session")
def kinds() -> dict[str, type]:
    """Platforms in memory: one that takes posts one by one, one that takes them together."""
    return {"single": MemoryChannel, "bundle": BundleChannel}
