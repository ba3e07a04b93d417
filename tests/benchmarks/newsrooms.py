"""A cluster of any size for the publishing benchmarks: accounts, signed-off stories, and publications that are due."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.channels import describe, fingerprint
from rongmei.clock import local_date
from rongmei.config import Campaign, Cluster, Plan, RuleSet
from rongmei.ledger import (
    Assignment,
    Edition,
    Ledger,
    Media,
    Pitch,
    Publication,
    Story,
    StoryMedia,
    StoryVersion,
    open_edition,
)
from rongmei.ledger.tables import Base
from rongmei.settings import Settings
from stack.films import film

CAMPAIGN = "cunchao"
PEOPLE = ("chen-ce", "lin-chu", "zhao-fu")
COLUMN, TAG = "赛场直击", "村超"
PICTURES = 2
"""Of a story, the first one its cover."""
BIG, SMALL = 38, 37
PARAGRAPH = "东城队昨晚在主场以二比一战胜南城队，看台上坐满了从各镇街赶来的球迷，终场哨响以后久久没有散去。"

ACCOUNTS_A_STORY = 4
"""Where a story goes on one channel: the account of the outlet that wrote it, and those of the three city newsrooms."""

Work = Mapping[str, Sequence[int]]
"""How many publications each account of a channel has: `{"weibo": [3, 1, 2]}` are three accounts and six posts."""


@dataclass(frozen=True)
class Newsrooms:
    """What a publishing process is told, and nothing that could not be told to another process.

    Attributes:
        keys: of the editions, rehearsals; one, unless they were laid out apart.
        work: see `Work`; the accounts are those of the first outlets.
    """

    settings: Settings
    keys: tuple[str, ...]
    work: Work

    @property
    def plan(self) -> Plan:
        """Cluster and campaign."""
        return plan_of(self.work)

    @property
    def publications(self) -> int:
        """All of them."""
        return sum(map(sum, self.work.values()))

    @property
    def key(self) -> str:
        """Of the only edition."""
        (key,) = self.keys
        return key

    def due(self) -> Iterator[dict[str, str]]:
        """Key and channel of everything that `publish` is to be called for."""
        with closing(Ledger(self.settings.ledger_url)) as ledger, ledger.read() as session:
            rows = session.execute(
                select(Edition.key, Publication.channel)
                .join(Publication, Publication.edition_id == Edition.id)
                .group_by(Edition.key, Publication.channel)
                .order_by(func.min(Publication.id))
            ).all()
        yield from ({"key": key, "channel": channel} for key, channel in rows)

    def left(self, *states: str) -> Counter[str]:
        """Why publications are in none of these states, and how many for each reason."""
        wanted = select(Publication.channel, Publication.state, Publication.last_error)
        with closing(Ledger(self.settings.ledger_url)) as ledger, ledger.read() as session:
            rows = session.execute(wanted.where(Publication.state.not_in(states))).all()
        return Counter(f"{channel} {state}: {why}" for channel, state, why in rows)


def outlet_name(number: int) -> str:
    """The id of an outlet, as sandbox and cluster know it."""
    return f"outlet-{number:02d}"


def shares(total: int, accounts: int) -> list[int]:
    """`total` publications over so many accounts, at least one each: a city's paper posts more than a town's."""
    weights = [1 + number % 6 for number in range(accounts)]
    found = [max(1, total * weight // sum(weights)) for weight in weights]
    for number in range(abs(total - sum(found))):
        found[-1 - number % accounts] += 1 if total > sum(found) else -1
    return sorted(found, reverse=True)


def thousand() -> Work:
    """A thousand publications on three hundred accounts of eight channels."""
    # Bilibili takes an account's next film 30 seconds after the last one, so there is one an account.
    films = [1] * SMALL
    others = {"wechat": BIG, "weibo": BIG, "wordpress": BIG, "douyin": BIG, "kuaishou": SMALL, "alipay": SMALL}
    each, more = divmod(1000 - len(films), len(others) + 1)
    found = {channel: shares(each, accounts) for channel, accounts in others.items()}
    return {**found, "bilibili": films, "ninjs": shares(each + more, SMALL)}


def edition_of_a_thousand(
    folder: Path,
    *,
    sandbox_url: str,
    now: datetime,
    pictures: int = PICTURES,
    draw: Callable[[int], bytes] | None = None,
) -> Newsrooms:
    """`thousand`, laid out, with small pictures unless others are given."""
    return lay_out(
        folder, thousand(), pictures=pictures, draw=draw or small_photograph, now=now, sandbox_url=sandbox_url
    )


def lay_out(
    folder: Path,
    work: Work,
    *,
    draw: Callable[[int], bytes],
    now: datetime,
    sandbox_url: str,
    pictures: int = PICTURES,
    apart: bool = False,
) -> Newsrooms:
    """Ledger, media folder and an edition whose publications are all due.

    A story goes out on `ACCOUNTS_A_STORY` accounts of each channel, except that the stories of pages
    (`capabilities.page`) are not those of other channels: nobody waits for an address that is not known yet.

    Args:
        pictures: of each story, the first one its cover; each has a film too.
        draw: the JPEG of the picture of this number; different ones for different numbers.
        now: aware UTC.
        apart: every publication in an edition of its own, so that it can be published by itself.
    """
    settings = Settings(folder, f"sqlite:///{folder / 'ledger.db'}", folder, sandbox_url, None, None)
    settings.media.mkdir(parents=True)
    with closing(Ledger(settings.ledger_url)) as ledger:
        Base.metadata.create_all(ledger.engine)
        with ledger.begin() as session:
            press = _Press(session, settings.media, pictures, draw, now, apart=apart)
            for channel, counts in work.items():
                press.give(channel, counts)
            keys = tuple(edition.key for edition in press.editions)
    return Newsrooms(settings, keys, work)


class _Press:
    """Writes stories, as many as are asked for, and the publications that want them."""

    def __init__(
        self,
        session: Session,
        media: Path,
        pictures: int,
        draw: Callable[[int], bytes],
        now: datetime,
        *,
        apart: bool,
    ) -> None:
        self._session, self._media, self._now = session, media, now
        self._pictures, self._draw, self._apart = pictures, draw, apart
        self._drawn = self._published = 0
        self.editions: list[Edition] = []
        self._open()
        self._stories: dict[bool, list[StoryVersion]] = {True: [], False: []}
        self._film = self._add(film(self._jpeg_of_film(), 1), "video/mp4", (360, 640), 1.0)

    def give(self, channel: str, counts: Sequence[int]) -> None:
        """Publications for the accounts of a channel."""
        page = describe(channel).capabilities.page
        bundle = describe(channel).capabilities.bundle
        story, has_it = 0, set[int]()
        for place, number in sorted((place, number) for number, count in enumerate(counts) for place in range(count)):
            if len(has_it) == ACCOUNTS_A_STORY or number in has_it:
                story, has_it = story + 1, set()
            has_it.add(number)
            position = place % bundle + 1 if bundle > 1 else None
            self._publish(self._version(story, page=page), channel, outlet_name(number), position)

    def _open(self) -> None:
        """The next edition, a day later than the last one."""
        day = local_date(self._now) + timedelta(days=len(self.editions))
        self.editions.append(open_edition(self._session, CAMPAIGN, day, rehearsal=True, options={}, now=self._now))

    def _publish(self, version: StoryVersion, channel: str, outlet: str, position: int | None) -> None:
        if self._apart and self._published:
            self._open()
        self._published += 1
        account, edition = f"{outlet}/{channel}", self.editions[-1]
        token = fingerprint(
            edition=edition.key,
            story_id=version.story_id,
            content_hash=version.content_hash,
            account=account,
        )
        self._session.add(
            Publication(
                edition_id=edition.id,
                story_id=version.story_id,
                version_id=version.id,
                outlet=outlet,
                channel=channel,
                account=account,
                state="scheduled",
                fingerprint=token,
                scheduled_at=self._now - timedelta(minutes=1),
                position=position,
                progress={},
            )
        )

    def _version(self, number: int, *, page: bool) -> StoryVersion:
        known = self._stories[page]
        while len(known) <= number:
            # Platforms refuse a title that an account has used already, in another edition too.
            known.append(self._write(5000 * self._apart + len(known) * 2 + page))
        return known[number]

    def _write(self, number: int) -> StoryVersion:
        """A signed-off story of the first outlet."""
        outlet, now, title = outlet_name(0), self._now, f"第{number:04d}号战报：村超又一场好球"
        common = {"edition_id": self.editions[0].id}
        pitch = Pitch(
            **common,
            source="desk",
            ref=str(number),
            title=title,
            state="accepted",
            channels=[],
            score_terms={},
            submitted_at=now,
        )
        self._session.add(pitch)
        self._session.flush()
        assignment = Assignment(
            **common,
            pitch_id=pitch.id,
            outlet=outlet,
            state="done",
            partners=[],
            reasons={},
            answer_by=now,
            deadline_at=now,
            offered_at=now,
        )
        self._session.add(assignment)
        self._session.flush()
        story = Story(
            **common, assignment_id=assignment.id, outlet=outlet, state="signed_off", filed_at=now, signed_off_at=now
        )
        self._session.add(story)
        self._session.flush()
        pictures = [self._picture() for _ in range(self._pictures)]
        body = "\n\n".join([PARAGRAPH * 4, *(f"![比赛](第{place}张.jpg)" for place in range(1, len(pictures)))])
        version = StoryVersion(
            story_id=story.id,
            number=1,
            content_hash=hashlib.sha256(f"{title}\n{body}".encode()).hexdigest(),
            title=title,
            author="记者 林初",
            digest="主场二比一，全场爆满",
            body=body,
            column="live",
            tags=[TAG],
            ai_generated=False,
            extras={"place": "东莞", "source": "东莞融媒体中心"},
            filed_at=now,
        )
        version.media = [
            *(
                StoryMedia(
                    sha256=sha256,
                    role="body" if place else "cover",
                    position=place,
                    name=f"第{place}张.jpg",
                    alt="比赛",
                    credit="陈策",
                )
                for place, sha256 in enumerate(pictures)
            ),
            StoryMedia(sha256=self._film, role="video", position=len(pictures), name="比赛.mp4"),
        ]
        self._session.add(version)
        story.current_hash = version.content_hash
        self._session.flush()
        return version

    def _picture(self) -> str:
        self._drawn += 1
        data = self._draw(self._drawn)
        with Image.open(BytesIO(data)) as image:
            size = image.size
        return self._add(data, "image/jpeg", size)

    def _jpeg_of_film(self) -> bytes:
        return photograph(0, (640, 360))

    def _add(self, data: bytes, mime: str, size: tuple[int, int], seconds: float | None = None) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        (self._media / sha256).write_bytes(data)
        self._session.add(
            Media(
                sha256=sha256,
                content_type=mime,
                size_bytes=len(data),
                width=size[0],
                height=size[1],
                seconds=seconds,
                added_at=self._now,
            )
        )
        self._session.flush()
        return sha256


def small_photograph(number: int) -> bytes:
    """See `photograph`."""
    return photograph(number, (960, 540))


def photograph(number: int, size: tuple[int, int]) -> bytes:
    """A JPEG of this size in pixels: soft coloured shapes, other ones for each number."""
    draw = random.Random(number)
    tile = Image.frombytes("RGB", (24, 14), draw.randbytes(24 * 14 * 3))
    buffer = BytesIO()
    tile.resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def plan_of(work: Work) -> Plan:
    """The first outlets have accounts on the channels of `work`, as many as it names."""
    outlets = [_outlet(number, work) for number in range(max(map(len, work.values())))]
    cluster = {
        "id": "dongguan",
        "name": "东莞融媒体集群",
        "outlets": outlets,
        "people": [
            {"id": name, "name": name, "role": "editor", "title": "编辑", "email": f"{name}@example.com"}
            for name in PEOPLE
        ],
        "rota": {"anchor": "2026-06-01", "order": [outlet["id"] for outlet in outlets]},
    }
    campaign = {
        "id": CAMPAIGN,
        "name": "村超比赛日",
        "cluster": "dongguan",
        "owner": PEOPLE[0],
        "columns": [{"id": "live", "name": COLUMN}],
        "watch": {"keywords": ["村超"]},
        "sources": [{"kind": "workbook", "id": "workbooks", "name": "报题", "inbox": "cunchao"}],
        "pitching": {"meeting": [PEOPLE[0]]},
        "production": {"reviews": {"first": PEOPLE[:2], "second": PEOPLE[1:], "final": PEOPLE[::2]}},
        "publishing": {"channels": list(work), "min_gap_minutes": 0},
        "reporting": {"rules": "v1", "recipients": [PEOPLE[0]]},
    }
    rules = RuleSet.model_validate({"id": "v1", "name": "考核", "version": "1", "weights": {"spread": 1.0}})
    return Plan(Campaign.model_validate(campaign), Cluster.model_validate(cluster), rules)


def _outlet(number: int, work: Work) -> dict[str, Any]:
    name = outlet_name(number)
    return {
        "id": name,
        "name": f"第{number}编辑部",
        "kind": "town" if number else "city",
        "size": 10,
        "regions": [name],
        "beats": ["体育"],
        "capacity_per_day": 3,
        "accounts": [{"channel": channel, "handle": name} for channel, counts in work.items() if number < len(counts)],
        "contact_email": f"{name}@example.com",
    }
