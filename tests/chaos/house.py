"""A house to be put under fire: newsrooms with seven accounts each, an edition, and stories signed off one by one."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from rongmei.clock import local_date
from rongmei.config import Campaign, Cluster, Plan, RuleSet
from rongmei.ledger import (
    Assignment,
    Ledger,
    Media,
    Pitch,
    Review,
    Story,
    StoryMedia,
    StoryVersion,
    get_edition,
    open_edition,
    upgrade,
)
from rongmei.publishing import plan_publications
from rongmei.settings import Settings
from stack.films import film

CHANNELS = ("wordpress", "wechat", "weibo", "douyin", "kuaishou", "bilibili", "alipay")
OUTLETS = (
    "dongguan-daily", "dongcheng", "nancheng", "wanjiang", "guancheng", "shijie", "shilong",
    "chashan", "hengli", "changping", "liaobu", "dalang", "humen", "houjie",
)  # fmt: skip
REVIEWERS = {"first": ("lin-chu", "he-an"), "second": ("zhao-fu", "wu-bo"), "final": ("chen-ce", "zhou-dai")}
CAMPAIGN = "cunchao"
FILMS = 3


@dataclass(frozen=True)
class Materials:
    """A story's files as the ledger knows them."""

    picture: str
    film: str


class House:
    """The newsroom's side: ledger, media folder, campaign.

    Nothing here keeps a connection to the ledger open, so that the process may fork at any time.

    Args:
        folder: holds everything that is written.
        sandbox_url: the platforms.
        now: on the platforms' clock, aware UTC.
    """

    def __init__(self, folder: Path, ledger_url: str, sandbox_url: str, *, now: datetime, rng: random.Random) -> None:
        self.ledger_url, self.sandbox_url = ledger_url, sandbox_url
        self.settings = Settings(folder, ledger_url, folder, sandbox_url, None, None)
        self.plan = make_plan()
        self._rng = rng
        self.stories = 0
        upgrade(ledger_url)
        with closing(Ledger(ledger_url)) as ledger, ledger.begin() as session:
            day = local_date(now)
            self.key = open_edition(session, CAMPAIGN, day, rehearsal=True, options={}, now=now).key
            self._films = [self._add(session, *made, now=now) for made in self._make_films()]

    def sign_off(self, count: int, *, now: datetime) -> int:
        """So many more stories, signed off and planned; how many publications that makes."""
        with closing(Ledger(self.ledger_url)) as ledger:
            with ledger.begin() as session:
                for _ in range(count):
                    self._story(session, now)
            return plan_publications(ledger, self.plan, self.key, now=now).planned

    def _story(self, session: Session, now: datetime) -> None:
        number, outlet = self.stories, OUTLETS[self.stories % len(OUTLETS)]
        self.stories += 1
        edition = get_edition(session, self.key)
        title = title_of(number)
        pitch = Pitch(
            edition_id=edition.id, source="desk", ref=str(number), title=title, state="accepted",
            channels=[], score_terms={}, submitted_at=now,
        )  # fmt: skip
        session.add(pitch)
        session.flush()
        assignment = Assignment(
            edition_id=edition.id, pitch_id=pitch.id, outlet=outlet, state="done", partners=[], reasons={},
            answer_by=now, deadline_at=now, offered_at=now,
        )  # fmt: skip
        session.add(assignment)
        session.flush()
        story = Story(
            edition_id=edition.id, assignment_id=assignment.id, outlet=outlet, state="signed_off",
            filed_at=now, signed_off_at=now,
        )  # fmt: skip
        session.add(story)
        session.flush()
        picture = self._add(session, *self._make_picture(), now=now)
        story.current_hash = self._version(
            session, story.id, title, Materials(picture, self._films[number % FILMS]), now
        )

    def _version(self, session: Session, story_id: int, title: str, files: Materials, now: datetime) -> str:
        body = f"{title}，现场观众{self._rng.randrange(2000, 30000)}人。\n\n![球场](球场.jpg)\n\n" + "全场热烈。" * 20
        content_hash = hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()
        version = StoryVersion(
            story_id=story_id, number=1, content_hash=content_hash, title=title, author="记者 林初", body=body,
            digest=f"{title}：东城队二比一战胜南城队", tags=["村超", "东莞"], ai_generated=False, filed_at=now,
        )  # fmt: skip
        version.media = [
            StoryMedia(sha256=files.picture, role="cover", position=0, name="球场.jpg", alt="球场", credit="陈策"),
            StoryMedia(sha256=files.film, role="video", position=1, name="球场.mp4"),
        ]
        session.add(version)
        session.flush()
        session.add_all(
            Review(
                story_id=story_id, content_hash=content_hash, stage=f"{stage}_review", reviewer=who[0], decision="pass",
                decided_at=now,
            )
            for stage, who in REVIEWERS.items()
        )  # fmt: skip
        return content_hash

    def _make_picture(self) -> tuple[bytes, dict[str, Any]]:
        size = (480, 270)
        tile = Image.frombytes("RGB", (24, 14), self._rng.randbytes(24 * 14 * 3))
        buffer = BytesIO()
        tile.resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=80)
        return buffer.getvalue(), {"content_type": "image/jpeg", "width": size[0], "height": size[1]}

    def _make_films(self) -> Iterable[tuple[bytes, dict[str, Any]]]:
        for seconds in range(2, 2 + FILMS):
            picture, _ = self._make_picture()
            facts = {"content_type": "video/mp4", "width": 360, "height": 640, "seconds": float(seconds)}
            yield film(picture, seconds), facts

    def _add(self, session: Session, data: bytes, facts: dict[str, Any], *, now: datetime) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.settings.media.mkdir(parents=True, exist_ok=True)
        (self.settings.media / sha256).write_bytes(data)
        session.add(Media(sha256=sha256, size_bytes=len(data), added_at=now, **facts))
        session.flush()
        return sha256


def stories_for(publications: int) -> int:
    """How many stories make at least so many publications."""
    return -(-publications // len(CHANNELS))


def title_of(number: int) -> str:
    """A title that tells a story from all others on every platform: `reckoning.number_in` reads it."""
    return f"第{number:04d}号战报：村超又一场好球"


def make_plan() -> Plan:
    """A campaign that publishes everything at once, on the author's accounts."""
    cluster = Cluster.model_validate(
        {
            "id": "dongguan",
            "name": "东莞融媒体集群",
            "outlets": [_outlet(name, "city" if name == OUTLETS[0] else "town") for name in OUTLETS],
            "people": [
                {"id": who, "name": who, "role": "editor", "title": "编辑", "email": f"{who}@example.com"}
                for stage in REVIEWERS.values()
                for who in stage
            ],
            "rota": {"anchor": "2026-06-01", "order": list(OUTLETS)},
        }
    )
    campaign = Campaign.model_validate(
        {
            "id": CAMPAIGN,
            "name": "村超比赛日",
            "cluster": "dongguan",
            "owner": "chen-ce",
            "columns": [{"id": "live", "name": "赛场直击"}],
            "watch": {"keywords": ["村超"]},
            "sources": [{"kind": "workbook", "id": "workbooks", "name": "报题", "inbox": "cunchao"}],
            "pitching": {"meeting": ["chen-ce"]},
            "production": {"reviews": {stage: list(who) for stage, who in REVIEWERS.items()}},
            # Nothing may be missed: what waits for a quota or for a credential gets its turn in the calm afterwards.
            "publishing": {
                "channels": list(CHANNELS), "accounts": "author", "min_gap_minutes": 0, "late_after_hours": 168,
            },
            "reporting": {"rules": "v1", "recipients": ["chen-ce"]},
        }
    )  # fmt: skip
    rules = RuleSet.model_validate({"id": "v1", "name": "考核", "version": "1", "weights": {"spread": 1.0}})
    return Plan(campaign, cluster, rules)


def _outlet(name: str, kind: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": f"{name}编辑部",
        "kind": kind,
        "size": 10,
        "regions": [name],
        "beats": ["体育"],
        "capacity_per_day": 9,
        "accounts": [{"channel": channel, "handle": f"{name}-{channel}"} for channel in CHANNELS],
        "contact_email": f"{name}@example.com",
    }
