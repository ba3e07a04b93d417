"""Platforms in memory that take posts down and edit them, and a desk that orders it; what shall go wrong is queued."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload
from tests.rongmei.publishing.conftest import KEY, MemoryChannel, Newsroom, Time, sandbox_connect

from rongmei.channels import Accepted, Article, Credential, Line, Post, Posted, Progress, TakenDown, registry
from rongmei.config import Cluster, Plan, account_key
from rongmei.errors import CredentialRefused
from rongmei.ledger import Amendment, Ledger, Publication, Story, StoryEvent
from rongmei.publishing.amended import AmendmentLine, amendments_of, done_by_hand, next_amendment
from rongmei.publishing.amendments import OrderSummary, order_correction, order_recall
from rongmei.publishing.carrying import CarrySummary, carry_out
from rongmei.publishing.outbox import publish
from rongmei.publishing.plan import plan_publications
from rongmei.publishing.standing import LEAVING


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Fault:
    """What goes wrong in one call: whether the platform acts all the same, and what the caller sees."""

    error: BaseException
    acts: bool = False


class Wall(MemoryChannel):
    """A platform whose posts can be taken down, but not edited."""

    def __init__(self, name: str, **capabilities: Any) -> None:
        super().__init__(name, **capabilities)
        self.up: dict[str, Article] = {}
        self.recalls: list[str] = []
        self.taken_down: list[str] = []
        self.recall_faults: list[Fault] = []
        self.gone_answers: list[bool | Exception | None] = []
        self.lag = 0
        """So often a post that was taken down is still shown."""

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        try:
            return super().send(line, article, progress)
        finally:
            if (line.account, article.fingerprint) in self.posts:
                self.up[f"{self.name}-{article.fingerprint}"] = article

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:
        return Post(article.title, article.author, article.digest, article.html, "")

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        self.recalls.append(posted.external_id)
        fault = self.recall_faults.pop(0) if self.recall_faults else None
        there = posted.external_id in self.up
        if (fault is None or fault.acts) and there:
            del self.up[posted.external_id]
            self.taken_down.append(posted.external_id)
        if fault is not None:
            raise fault.error
        return TakenDown("deleted", "0 ok" if there else "已经不在")

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        if self.gone_answers:
            answer = self.gone_answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if self.lag and posted.external_id not in self.up:
            self.lag -= 1
            return False
        return posted.external_id not in self.up


class EditableWall(Wall):
    """A platform whose live posts can be edited."""

    def __init__(self, name: str, **capabilities: Any) -> None:
        super().__init__(name, **capabilities)
        self.edits: list[tuple[str, str]] = []
        self.edit_faults: list[Fault] = []
        self.live_after_edit = True
        self.keep: dict[str, Any] = {}
        self.before_edit: Callable[[Progress], None] = lambda _: None

    def correct(self, line: Line, posted: Posted, article: Article, progress: Progress) -> Accepted:
        self.before_edit(progress)
        self.edits.append((posted.external_id, article.title))
        fault = self.edit_faults.pop(0) if self.edit_faults else None
        if (fault is None or fault.acts) and posted.external_id in self.up:
            self.up[posted.external_id] = article
        if fault is not None:
            raise fault.error
        url = f"https://{self.name}.example/{posted.external_id}?v={article.version}"
        return Accepted(posted.external_id, url, live=self.live_after_edit, keep=self.keep)


class Pages:
    """Stands for `page_status`: keeps what it was asked, and answers with one status."""

    def __init__(self, status: int | None = 404) -> None:
        self.status = status
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, url: str, *, inside: bool) -> int | None:
        self.asked.append((url, inside))
        return self.status


@dataclass
class Amending:
    """A newsroom with walls for WeChat, Weibo (neither edits) and the outlets' own sites (which do)."""

    newsroom: Newsroom
    wechat: Wall
    weibo: Wall
    site: EditableWall
    pages: Pages = field(default_factory=Pages)

    @property
    def ledger(self) -> Ledger:
        return self.newsroom.ledger

    @property
    def time(self) -> Time:
        return self.newsroom.time

    @property
    def plan(self) -> Plan:
        return self.newsroom.plan

    @property
    def walls(self) -> tuple[Wall, ...]:
        return self.wechat, self.weibo, self.site

    def out(self, key: str = KEY, *, channels: Sequence[str] = ("wordpress", "wechat", "weibo"), **story: Any) -> int:
        """A story that is out on these channels; its id."""
        story_id = self.newsroom.sign_off(key=key, **story)
        self.publish(key, channels)
        return story_id

    def publish(
        self,
        key: str = KEY,
        channels: Sequence[str] = ("wordpress", "wechat", "weibo"),
        connect: Callable[..., Any] = sandbox_connect,
    ) -> None:
        plan_publications(self.ledger, self.plan, key, now=self.time())
        for channel in channels:
            publish(
                self.ledger,
                self.plan,
                key,
                channel,
                connect=connect,
                settings=self.newsroom.settings,
                clock=self.time,
                workers=1,
            )

    def recall(self, story_id: int, why: str = "当事人姓名写错") -> OrderSummary:
        return order_recall(self.ledger, self.plan, story_id, by="chen-ce", why=why, now=self.time())

    def correct(self, story_id: int, why: str = "比分写错") -> OrderSummary:
        return order_correction(self.ledger, self.plan, story_id, by="chen-ce", why=why, now=self.time())

    def carry(self, story_id: int | None = None, *, rehearsal: bool = False, **other: Any) -> CarrySummary:
        given = {"connect": sandbox_connect, "workers": 1, "read": self.pages, "plan": self.plan, **other}
        return carry_out(
            self.ledger,
            rehearsal=rehearsal,
            media=self.newsroom.settings.media,
            clock=self.time,
            story_id=story_id,
            **given,
        )

    def carry_till_done(self, story_id: int, most: int = 60) -> None:
        """Again and again, as time passes, until nothing is left to the machine."""
        for _ in range(most):
            self.carry()
            if next_amendment(self.ledger, story_id) is None:
                return
            self.time.pass_(minutes=61)
        raise AssertionError([line for line in amendments_of(self.ledger, story_id) if line.state == "ordered"])

    def by_hand(self, story_id: int) -> int:
        """A person does what is left to people; how many."""
        left = [line for line in amendments_of(self.ledger, story_id) if line.state == "by_hand"]
        for line in left:
            done_by_hand(self.ledger, line.id, by="lin-chu", note="在后台处理了", now=self.time())
        return len(left)

    def revise(self, story_id: int, title: str = "更正：东城队三比一", **other: Any) -> None:
        """A new version that went through all reviews."""
        self.newsroom.edit(story_id, title, **other)
        with self.ledger.begin() as session:
            session.get_one(Story, story_id).state = "signed_off"

    def only(self, story_id: int, account: str = "dongcheng/wechat") -> AmendmentLine:
        """The one amendment of that account."""
        (line,) = [one for one in amendments_of(self.ledger, story_id) if one.account == account]
        return line

    def only_last(self, story_id: int, account: str) -> AmendmentLine:
        """The last amendment of that account."""
        return [one for one in amendments_of(self.ledger, story_id) if one.account == account][-1]

    def states(self, story_id: int) -> list[tuple[str, str, str | None]]:
        """Account, state and how of every amendment."""
        return [(line.account, line.state, line.how) for line in amendments_of(self.ledger, story_id)]

    def story(self, story_id: int) -> Story:
        with self.ledger.read() as session:
            return session.get_one(Story, story_id)

    def story_events(self, story_id: int) -> list[tuple[str, str]]:
        with self.ledger.read() as session:
            rows = session.scalars(
                select(StoryEvent).where(StoryEvent.thing_id == story_id).order_by(StoryEvent.id)
            ).all()
            return [(row.to_state, row.why) for row in rows]

    def of(self, story_id: int, channel: str | None = None) -> list[Publication]:
        """The story's publications, oldest first, with their versions."""
        wanted = select(Publication).where(Publication.story_id == story_id).order_by(Publication.id)
        if channel is not None:
            wanted = wanted.where(Publication.channel == channel)
        with self.ledger.read() as session:
            return list(session.scalars(wanted.options(joinedload(Publication.version))))

    def put(self, publication_id: int, **values: Any) -> None:
        """Write into a publication past all rules."""
        with self.ledger.begin() as session:
            session.execute(update(Publication).where(Publication.id == publication_id).values(**values))

    def make_unclear(self, publication: Publication) -> None:
        """It was sent, and no clear answer came."""
        left = {**publication.progress, LEAVING: self.time().isoformat()}
        self.put(publication.id, state="unknown", external_id=None, live_at=None, progress=left)

    def put_amendment(self, amendment_id: int, **values: Any) -> None:
        with self.ledger.begin() as session:
            session.execute(update(Amendment).where(Amendment.id == amendment_id).values(**values))


def walls(monkeypatch: pytest.MonkeyPatch) -> tuple[Wall, Wall, EditableWall]:
    made = Wall("wechat"), Wall("weibo"), EditableWall("wordpress")
    for wall in made:
        monkeypatch.setitem(registry.all_channels(), wall.name, wall)
    return made


def with_accounts(plan: Plan, *channels: str) -> Plan:
    """The plan, with accounts on further channels for every outlet, which the campaign publishes on."""
    cluster = plan.cluster.model_dump(mode="json")
    for outlet in cluster["outlets"]:
        outlet["accounts"] += [{"channel": channel, "handle": f"{outlet['id']}-{channel}"} for channel in channels]
    rules = plan.campaign.publishing.model_copy(update={"channels": (*plan.campaign.publishing.channels, *channels)})
    campaign = plan.campaign.model_copy(update={"publishing": rules})
    return Plan(campaign, Cluster.model_validate(cluster), plan.rules)


@contextmanager
def dying_at(ledger: Ledger, step: int) -> Iterator[list[int]]:
    """The process dies when the ledger's transaction of that number (from 1) is about to begin, or to be committed.

    Odd steps die before anything of a transaction is written, even ones after it was rolled back: to the ledger both
    look alike, but the code around them has come further.
    """
    begin, seen = ledger.begin, [0]

    @contextmanager
    def mortal() -> Iterator[Session]:
        seen[0] += 1
        if seen[0] * 2 - 1 == step:
            raise Killed
        with begin() as session:
            yield session
            if seen[0] * 2 == step:
                raise Killed

    ledger.begin = mortal  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        ledger.begin = begin  # type: ignore[method-assign]


def credential_missing(*accounts: str) -> Callable[..., Any]:
    """Connects every account but these."""

    def connect(outlet: Any, account: Any) -> Any:
        if account_key(outlet, account) in accounts:
            raise CredentialRefused(f"没有账号连接 {account_key(outlet, account)}")
        return sandbox_connect(outlet, account)

    return connect
