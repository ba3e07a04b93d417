"""Plays the member newsrooms of rehearsals: they pitch, answer, file, and let the sandbox's time pass when all wait.

Everything it does shows in the ledger or in the drop folders, and is looked up there before it is done: it may be
killed at any moment and started again. Real editions are never touched.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import requests
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from rongmei import assignments, metrics, publishing
from rongmei.assignments.notices import mail_key
from rongmei.clock import at_local, spoken
from rongmei.config import ConfigErrors, Plan, WorkbookSource, campaign_files, load_campaign
from rongmei.desk import sandbox_now
from rongmei.errors import RongmeiError, TryLater
from rongmei.ledger import (
    Assignment,
    Edition,
    Ledger,
    Mail,
    Pitch,
    Publication,
    Snapshot,
    Story,
    StoryVersion,
)
from rongmei.settings import Settings
from stack import films, material, pictures, replies

NO_HANDS = "记者已全部派往赛场，今日无法承接"
MAIL_PATIENCE = timedelta(minutes=2)
"""An offer that no mail tells of is answered after this long: somebody works without mail."""
PATIENCE = timedelta(minutes=15)
"""What should happen at once and has not for so long is not being worked on; the clock waits for it no longer."""
AFTER_CHECKPOINT = timedelta(minutes=1)
WEEK = timedelta(days=7)
"""A rehearsal's numbers are read a week after its last post, so that its report shows the week's curve."""
_WORKBOOKS = (".xlsx", ".csv")


class RehearsalClock(Protocol):
    """The sandbox's clock."""

    def now(self) -> datetime:
        """The rehearsals' present moment, aware UTC. Raises TryLater."""

    def move(self, to: datetime) -> None:
        """Let time pass until `to`; a moment that is past already changes nothing. Raises TryLater."""


@dataclass(frozen=True)
class SandboxClock:
    """The clock of a sandbox that runs, over HTTP."""

    base_url: str

    def now(self) -> datetime:
        """The sandbox's time.

        Raises:
            TryLater: the sandbox is not there.
        """
        return sandbox_now(self.base_url)

    def move(self, to: datetime) -> None:
        """Set the clock forward; a target, not a distance, so that two movers do not add up.

        Raises:
            TryLater: the sandbox is not there.
        """
        try:
            answer = requests.post(f"{self.base_url}/_sandbox/clock", json={"set": to.isoformat()}, timeout=(3, 10))
            if answer.status_code != requests.codes.conflict:  # somebody was there first
                answer.raise_for_status()
        except requests.RequestException as problem:
            raise TryLater(f"沙箱的时钟拨不动（{type(problem).__name__}），稍后再试") from None


@dataclass(frozen=True)
class _Wait:
    """An edition that waits for nothing but time: until `at`, or at least until `least`."""

    key: str
    at: datetime
    least: datetime
    why: str


@dataclass(frozen=True)
class _Rehearsal:
    """An open rehearsal edition with its plan; `round` counts the campaign's rehearsals."""

    id: int
    key: str
    edition: Edition
    plan: Plan
    round: int


class Newsroom:
    """All newsrooms of all rehearsals.

    Args:
        ledger: made from the settings when not given.
        clock: the sandbox's; made from the settings when not given.
        wall: seconds since the epoch, by which the age of files is told.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        ledger: Ledger | None = None,
        clock: RehearsalClock | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._ledger = ledger or Ledger(settings.ledger_url)
        self._clock = clock or (SandboxClock(settings.sandbox_url) if settings.sandbox_url else None)
        self._wall = wall
        self._inbox = settings.inbox(rehearsal=True)
        self._log = logging.getLogger(__name__)
        self._complaints: dict[str, str] = {}

    def run(self, interval_seconds: float, stop: threading.Event) -> None:
        """Step and log until `stop` is set."""
        while not stop.is_set():
            for line in self.step():
                self._log.info("%s", line)
            stop.wait(interval_seconds)
        self._ledger.close()

    def step(self) -> list[str]:
        """Do everything that is due now; what was done, in Chinese. What cannot be done is logged and left."""
        done: list[str] = []
        with self._each("这一步"):
            plans = self._plans()
            done += self._stock_all(plans.values())
            rehearsals = self._rehearsals(plans)
            if rehearsals and self._clock:
                done += self._answer_all(rehearsals, self._clock.now())
            for filed in self._file_all(rehearsals):
                done += filed
                # Writing takes a while, and somebody may have been asked in the meantime.
                if filed and self._clock:
                    done += self._answer_all(rehearsals, self._clock.now())
            if rehearsals and self._clock:
                done += self._pass_time(rehearsals, self._clock.now())
        return done

    @contextmanager
    def _each(self, what: str) -> Iterator[None]:
        """Around one item: its failure is logged, once while it stays the same, and does not stop the others."""
        try:
            yield
        except (RongmeiError, SQLAlchemyError, OSError) as problem:
            said = str(problem) if isinstance(problem, RongmeiError | OSError) else type(problem).__name__
            self._complain(what, said)
        else:
            self._complaints.pop(what, None)

    def _complain(self, what: str, said: str) -> None:
        if self._complaints.get(what) != said:
            self._complaints[what] = said
            self._log.warning("%s：%s", what, said)

    def _plans(self) -> dict[str, Plan]:
        """Every campaign whose files are in order."""
        plans = {}
        for file in campaign_files(self._settings.config):
            try:
                plans[file.stem] = load_campaign(self._settings.config, file.stem)
            except ConfigErrors as problem:
                self._complain(f"活动 {file.stem}", str(problem))
        return plans

    def _rehearsals(self, plans: dict[str, Plan]) -> list[_Rehearsal]:
        """Open rehearsal editions, the oldest first."""
        with self._ledger.read() as session:
            editions = session.scalars(select(Edition).where(Edition.rehearsal).order_by(Edition.id)).all()
            session.expunge_all()
        seen: dict[str, int] = {}
        found = []
        for edition in editions:
            seen[edition.campaign] = seen.get(edition.campaign, 0) + 1
            if edition.state == "open" and edition.campaign in plans:
                plan = plans[edition.campaign]
                found.append(_Rehearsal(edition.id, edition.key, edition, plan, seen[edition.campaign]))
        return found

    # ── pitches ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _stock_all(self, plans: Iterable[Plan]) -> list[str]:
        done = []
        for plan in plans:
            for source in plan.campaign.sources:
                if isinstance(source, WorkbookSource):
                    with self._each(f"报题 {plan.campaign.name}"):
                        done += self._stock(plan, source)
        return done

    def _stock(self, plan: Plan, source: WorkbookSource) -> list[str]:
        """Fill an empty drop folder with the workbooks of the campaign's next round."""
        folder = self._inbox / "pitches" / source.inbox
        folder.mkdir(parents=True, exist_ok=True)
        waiting = [path for path in folder.iterdir() if path.suffix.lower() in _WORKBOOKS and path.name[0] not in ".~"]
        halves = list(folder.glob(".*.part"))  # of a newsroom that was killed in the middle
        if waiting and not halves:
            return []
        number = self._next_round(plan, source)
        files = material.workbooks(material.Writer(plan.campaign, plan.cluster), number)
        missing = [(folder / name, content) for name, content in files if not (folder / name).exists()]
        for path, content in missing:
            _part(path).write_bytes(content)
        for path, _ in missing:
            _part(path).replace(path)
        for half in halves:
            half.unlink(missing_ok=True)
        return [f"{plan.campaign.name}：各媒体报来 {len(missing)} 个报题工作簿（第 {number} 轮）"] if missing else []

    def _next_round(self, plan: Plan, source: WorkbookSource) -> int:
        """One more than the rehearsals that have been pitched to."""
        with self._ledger.read() as session:
            pitched = (
                select(func.count(Pitch.edition_id.distinct()))
                .join(Edition, Edition.id == Pitch.edition_id)
                .where(Edition.campaign == plan.campaign.id, Edition.rehearsal, Pitch.source == source.id)
            )
            return (session.scalar(pitched) or 0) + 1

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _answer_all(self, rehearsals: Iterable[_Rehearsal], now: datetime) -> list[str]:
        done = []
        for rehearsal in rehearsals:
            for offer, declined in self._offers(rehearsal, now):
                with self._each(f"任务 #{offer.id}"):
                    done.append(self._answer(rehearsal, offer, decline=declined, now=now))
        return done

    def _offers(self, rehearsal: _Rehearsal, now: datetime) -> list[tuple[Assignment, bool]]:
        """Open offers that their outlets know of, and whether each is the one that is declined in the first round."""
        with self._ledger.read() as session:
            rows = session.scalars(
                select(Assignment).where(Assignment.edition_id == rehearsal.id).order_by(Assignment.id)
            ).all()
            told = set(
                session.scalars(select(Mail.key).where(Mail.edition_id == rehearsal.id, Mail.state == "sent")).all()
            )
            session.expunge_all()
        first = min((row.id for row in rows if row.round == 1), default=0)
        return [
            (row, row.id == first)
            for row in rows
            if row.state == "offered"
            and (mail_key(rehearsal.key, row.outlet, row.round) in told or now - row.offered_at >= MAIL_PATIENCE)
        ]

    def _answer(self, rehearsal: _Rehearsal, offer: Assignment, *, decline: bool, now: datetime) -> str:
        outlet = rehearsal.plan.cluster.outlet(offer.outlet)
        reason = NO_HANDS if decline else ""
        done = f"{outlet.name}{'推辞' if decline else '接下'}任务 #{offer.id}" + (f"：{reason}" if reason else "")
        # Some look into their mail, the others answer by telephone.
        if (decline or offer.id % 3 == 0) and (link := self._link(rehearsal, offer)):
            if replies.follow(link, decline=decline, reason=reason, name="值班主任"):
                return f"{done}（邮件链接）"
            self._log.info("任务 #%d 的答复链接打不开，改打电话", offer.id)
        assignments.answer(
            self._ledger, offer.id, accept=not decline, by=f"{outlet.name}值班主任", reason=reason, now=now
        )
        return done

    def _link(self, rehearsal: _Rehearsal, offer: Assignment) -> str | None:
        """The link in the mail about an offer, if there is one."""
        key = mail_key(rehearsal.key, offer.outlet, offer.round)
        with self._ledger.read() as session:
            sent = session.scalar(select(Mail.message).where(Mail.key == key, Mail.state == "sent"))
        return replies.link_in(sent, offer.id) if sent else None

    # ── stories ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _file_all(self, rehearsals: Iterable[_Rehearsal]) -> Iterator[list[str]]:
        """One story after the other."""
        for rehearsal in rehearsals:
            writer = material.Writer(rehearsal.plan.campaign, rehearsal.plan.cluster)
            for request in self._owed(rehearsal):
                with self._each(f"任务 #{request.assignment} 的稿件"):
                    yield self._file(rehearsal, writer, request)

    def _owed(self, rehearsal: _Rehearsal) -> list[material.Request]:
        """What is still to be written: accepted without a story, or returned by a reviewer."""
        with self._ledger.read() as session:
            rows = session.execute(
                select(Assignment, Pitch, Story.id)
                .join(Pitch, Pitch.id == Assignment.pitch_id)
                .outerjoin(Story, Story.assignment_id == Assignment.id)
                .where(
                    Assignment.edition_id == rehearsal.id,
                    ((Assignment.state == "accepted") & Story.id.is_(None)) | (Story.state == "returned"),
                )
                .order_by(Assignment.id)
            ).all()
            return [
                material.Request(
                    assignment=assignment.id,
                    outlet=assignment.outlet,
                    pitched_by=pitch.outlet,
                    title=pitch.title,
                    summary=pitch.summary,
                    column=pitch.column,
                    place=pitch.place,
                    round=rehearsal.round,
                    revision=_versions(session, story) if story else 0,
                )
                for assignment, pitch, story in rows
            ]

    def _file(self, rehearsal: _Rehearsal, writer: material.Writer, request: material.Request) -> list[str]:
        """Drop a story with its pictures and its film, the text last, so that nobody finds a text without them."""
        folder = self._inbox / "stories" / request.outlet
        text = folder / (
            f"{request.assignment}-v{request.revision + 1}.md" if request.revision else f"{request.assignment}.md"
        )
        if text.exists():
            return []
        refused = folder / "refused" / rehearsal.key.replace("/", "_") / text.name
        if refused.exists():
            # Writing the same once more would only be refused once more.
            self._complain(f"任务 #{request.assignment} 的稿件", f"收稿时被退回，看 {refused.name}.退回说明.txt")
            return []
        copy = writer.story(request)
        folder.mkdir(parents=True, exist_ok=True)
        shown, drawn = [], []
        for number, (scene, size) in enumerate(
            zip(copy.scenes, (pictures.COVER_SIZE, pictures.BODY_SIZE), strict=True), start=1
        ):
            name = f"{request.assignment}-{number}.jpg"
            drawn.append(pictures.draw(scene, f"{rehearsal.key}/{request.assignment}/{number}", size))
            _drop(folder / name, drawn[-1])
            shown.append((name, pictures.ALTS[scene]))
        film = f"{request.assignment}.mp4" if copy.seconds else ""
        if film:
            _drop(folder / film, films.film(drawn[0], copy.seconds))
        _drop(text, material.story_file(copy, request.assignment, shown, film).encode())
        outlet = rehearsal.plan.cluster.outlet(request.outlet).name
        return [f"{outlet}{'改好' if request.revision else '交来'}稿件《{copy.title}》（任务 #{request.assignment}）"]

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _pass_time(self, rehearsals: list[_Rehearsal], now: datetime) -> list[str]:
        """Move the clock to the next moment that something waits for, if nothing else is waited for before it."""
        waits: list[_Wait] = []
        for rehearsal in rehearsals:
            if self._is_busy(rehearsal, now):
                return []
            wait = self._wait(rehearsal, now)
            waits += [wait] if wait else []
        if not waits or self._clock is None:
            return []
        limit, whose = min(
            (bound for rehearsal in rehearsals for bound in self._bounds(rehearsal, now)),
            default=(None, ""),
        )
        first = min(waits, key=lambda wait: wait.at)
        target = first.at
        if limit is not None and target > limit:
            first = min(waits, key=lambda wait: wait.least)
            target = min(first.least, first.at)
        if limit is not None and target > limit:
            self._complain("时间", f"停在 {spoken(now)}：{whose}；不再排练那一期，就把它关闭")
            return []
        self._complaints.pop("时间", None)
        self._clock.move(target)
        return [f"时间前进到 {spoken(target)}：{first.key} {first.why}"]

    def _is_busy(self, rehearsal: _Rehearsal, now: datetime) -> bool:
        """Whether a machine is at work on the edition's publications right now, or is about to be."""
        publications = self._publications(rehearsal)
        states = {row.state for row in publications}
        if "sending" in states:
            return True
        open_ends = [row for row in publications if row.state == "scheduled"]
        open_ends += [row for row in publications if row.state == "unknown" and row.not_before]
        if open_ends:
            # While posts are to be sent or looked for, what is accepted is not confirmed: that comes when all are done.
            return any(timedelta(0) <= now - _due(row) < PATIENCE for row in open_ends)
        last = max((row.accepted_at for row in publications if row.accepted_at), default=None)
        return "accepted" in states and last is not None and now - last < PATIENCE

    def _wait(self, rehearsal: _Rehearsal, now: datetime) -> _Wait | None:
        """What the edition waits for, if it is only time."""
        channels = {row.channel for row in self._publications(rehearsal)}
        if not channels:
            return None
        dues = [publishing.next_due(self._ledger, rehearsal.key, channel) for channel in sorted(channels)]
        coming = min((due for due in dues if due), default=None)
        if coming is not None:
            # What was due already is stuck, and more time would not help it.
            return _Wait(rehearsal.key, coming, coming, "的发布时间到了") if coming > now else None
        checkpoint = metrics.checkpoint_at(self._ledger, rehearsal.plan, rehearsal.key)
        if checkpoint is None or checkpoint <= now or self._is_measured(rehearsal):
            return None
        hours = timedelta(hours=rehearsal.plan.campaign.measurement.checkpoint_hours)
        least = checkpoint + AFTER_CHECKPOINT
        return _Wait(rehearsal.key, max(least, checkpoint - hours + WEEK), least, "到了采集数据的时候")

    def _bounds(self, rehearsal: _Rehearsal, now: datetime) -> Iterator[tuple[datetime, str]]:
        """Moments that time must not pass for the edition's sake, each with the reason."""
        with self._ledger.read() as session:
            rows = session.scalars(select(Assignment).where(Assignment.edition_id == rehearsal.id)).all()
            session.expunge_all()
        for row in rows:
            if row.state == "offered" and row.answer_by > now:
                yield row.answer_by, f"期次 {rehearsal.key} 的任务 #{row.id} 还没有答复"
            if row.state == "accepted" and row.deadline_at > now and not self._lies_there(row):
                yield row.deadline_at, f"期次 {rehearsal.key} 的任务 #{row.id} 还没有收稿"
        last = self._last_slot(rehearsal)
        if not self._publications(rehearsal) and last > now:
            yield last, f"期次 {rehearsal.key} 还没有排期，再晚就错过它的发布时段"

    def _last_slot(self, rehearsal: _Rehearsal) -> datetime:
        """When the first of the edition's channels is over: its last slot on the edition's day, and the leeway."""
        rules = rehearsal.plan.campaign.publishing
        ends = [at_local(rehearsal.edition.day, max(slots)) for slots in rules.slots.values()]
        # Without slots everything goes out when it is signed off, however late that is.
        return min(ends, default=rehearsal.edition.opened_at) + timedelta(hours=rules.late_after_hours)

    def _lies_there(self, assignment: Assignment) -> bool:
        """Whether the story was filed so long ago that nobody seems to collect it."""
        text = self._inbox / "stories" / assignment.outlet / f"{assignment.id}.md"
        try:
            return self._wall() - text.stat().st_mtime > PATIENCE.total_seconds()
        except FileNotFoundError:
            return False

    def _publications(self, rehearsal: _Rehearsal) -> list[Publication]:
        with self._ledger.read() as session:
            rows = list(session.scalars(select(Publication).where(Publication.edition_id == rehearsal.id)))
            session.expunge_all()
        return rows

    def _is_measured(self, rehearsal: _Rehearsal) -> bool:
        with self._ledger.read() as session:
            found = (
                select(Snapshot.publication_id)
                .join(Publication, Publication.id == Snapshot.publication_id)
                .where(Publication.edition_id == rehearsal.id)
                .limit(1)
            )
            return session.scalar(found) is not None


def _due(publication: Publication) -> datetime:
    return max(publication.scheduled_at, publication.not_before or publication.scheduled_at)


def _versions(session: Session, story_id: int) -> int:
    return session.scalar(select(func.count(StoryVersion.id)).where(StoryVersion.story_id == story_id)) or 0


def _part(path: Path) -> Path:
    """The name a file has until it is whole."""
    return path.with_name(f".{path.name}.part")


def _drop(path: Path, content: bytes) -> None:
    _part(path).write_bytes(content)
    _part(path).replace(path)
