"""Collects pitches from one source of the campaign: workbooks in a folder, feeds, a hot board."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import requests
from sqlalchemy.orm import Session

from rongmei.config import BoardSource, FeedSource, Plan, Source, WorkbookSource
from rongmei.errors import BadInput, TryLater
from rongmei.ledger import Edition, Ledger, get_edition, lock_edition
from rongmei.ledger.boards import BoardLine as StoredLine
from rongmei.ledger.boards import save_board_lines
from rongmei.pitches.decisions import is_decided
from rongmei.pitches.directory import Directory
from rongmei.pitches.inbox import Dropped, put_away, read_inbox
from rongmei.pitches.leads import Tally, board_findings, feed_findings, take_in
from rongmei.pitches.merge import merge_duplicates
from rongmei.pitches.sources.base import RawPitch, Reading, Rejected, pitch_ref
from rongmei.pitches.sources.board import BoardLine, fetch_board
from rongmei.pitches.sources.feed import fetch_feed
from rongmei.pitches.sources.fetch import public_session
from rongmei.pitches.store import store_pitch
from rongmei.pitches.window import cutoff, is_past, window
from rongmei.settings import Settings
from rongmei.text.normalise import clean_line

MOST_PROBLEMS = 20
SessionFactory = Callable[[bool], requests.Session]
"""A web session; the argument says whether addresses inside the house may be asked."""
T = TypeVar("T")


@dataclass(frozen=True)
class CollectSummary:
    """What one call of `collect` did.

    Attributes:
        source: id of the source.
        new: pitches written by this call; known: those the edition had already.
        merged: pitches of the edition, of whatever source, merged by this call.
        rejected: rows, files or addresses that gave nothing.
        unmatched: items of a feed or titles of a board that are not on the campaign's topic.
        used_before: items that an earlier edition of the campaign has pitched.
        leads: leads seen, new or known.
        problems: what went wrong and how to mend it, in Chinese, at most twenty.
    """

    source: str
    new: int = 0
    known: int = 0
    merged: int = 0
    rejected: int = 0
    unmatched: int = 0
    used_before: int = 0
    leads: int = 0
    problems: tuple[str, ...] = ()


@dataclass
class _Report:
    """What a source gave, while it is being read."""

    tally: Tally = field(default_factory=Tally)
    rejected: list[Rejected] = field(default_factory=list)
    later: list[TryLater] = field(default_factory=list)

    def refuse(self, source: Source, error: BadInput) -> None:
        self.rejected.append(Rejected(source.id, error.where or source.name, error.what, error.mend))


@dataclass(frozen=True)
class _Web:
    """How addresses of sources are asked."""

    settings: Settings
    open_session: SessionFactory

    def ask(self, address: str, get: Callable[[str, requests.Session, bool], T]) -> T:
        """Ask an address; only one that this installation itself completes may lie inside the house.

        Raises:
            BadInput, TryLater: as `sources.fetch.fetch`.
        """
        inside = address.startswith("/")
        if inside and self.settings.sources_base is None:
            raise BadInput("相对地址没有可接的前缀", where=address, mend="设置 RONGMEI_SOURCES_BASE，或写完整网址")
        url = (self.settings.sources_base or "").rstrip("/") + address if inside else address
        with self.open_session(inside) as session:
            return get(url, session, inside)


def _open_session(allow_private: bool) -> requests.Session:
    return public_session(allow_private=allow_private)


def collect(
    ledger: Ledger,
    plan: Plan,
    key: str,
    source_id: str,
    *,
    settings: Settings,
    now: datetime,
    session_factory: SessionFactory = _open_session,
) -> CollectSummary:
    """Read the source and write what is new as pitches of the edition; read again, it writes nothing twice.

    Bad content is reported in the summary and does not stop the rest. Once the edition is closed or its pitch meeting
    has decided, nothing is read: what arrives late is left for the next edition.

    Args:
        key: the edition's key.
        session_factory: makes web sessions; another one in tests.

    Raises:
        BadInput: there is no such edition or source.
        TryLater: a feed or board could not be read now; everything that could be is stored already.
    """
    source = _source(plan, source_id)
    with ledger.read() as session:
        edition = get_edition(session, key)
        decided = is_decided(session, edition)
        session.expunge(edition)
    if edition.state == "closed" or decided:
        why = "本期已结束" if edition.state == "closed" else "本期选题会已有决定"
        return CollectSummary(source.id, problems=(f"{source.name}：{why}，新来的选题留给下一期",))
    web = _Web(settings, session_factory)
    report = _Report()
    if isinstance(source, WorkbookSource):
        merged = _collect_workbooks(ledger, plan, edition, source, settings, report, now)
    elif isinstance(source, FeedSource):
        merged = _collect_feed(ledger, plan, edition, source, web, report, now)
    else:
        merged = _collect_board(ledger, plan, edition, source, web, report, now)
    if report.later:
        raise report.later[0]
    return _summary(source, report, merged)


def _source(plan: Plan, source_id: str) -> Source:
    for source in plan.campaign.sources:
        if source.id == source_id:
            return source
    known = "、".join(source.id for source in plan.campaign.sources)
    raise BadInput(f"没有来源“{source_id}”", where=plan.campaign.name, mend=f"现有的来源：{known}")


def _summary(source: Source, report: _Report, merged: int) -> CollectSummary:
    problems = [_said(problem) for problem in report.rejected]
    shown = tuple(problems[:MOST_PROBLEMS])
    if len(problems) > MOST_PROBLEMS:
        shown = (*shown[:-1], f"……共 {len(problems)} 处问题，其余见收件夹里的“问题”清单")
    tally = report.tally
    return CollectSummary(
        source=source.id,
        new=tally.new,
        known=tally.known,
        merged=merged,
        rejected=len(report.rejected),
        unmatched=tally.unmatched,
        used_before=tally.used_before,
        leads=tally.leads,
        problems=shown,
    )


def _said(problem: Rejected) -> str:
    mend = f"。改法：{problem.mend}" if problem.mend else ""
    return clean_line(f"{problem.where}：{problem.reason}{mend}", 300)


# ── workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────


def _collect_workbooks(
    ledger: Ledger,
    plan: Plan,
    edition: Edition,
    source: WorkbookSource,
    settings: Settings,
    report: _Report,
    now: datetime,
) -> int:
    folder = settings.inbox(rehearsal=edition.rehearsal) / "pitches" / source.inbox
    files, more = read_inbox(folder, source.id)
    if more:
        reason = f"文件太多，这次只读了前 {len(files)} 个"
        report.rejected.append(Rejected(source.id, source.name, reason, "再收一次，读余下的文件"))
    directory = Directory(plan.campaign, plan.cluster)
    problems: dict[str, list[Rejected]] = {}
    with ledger.begin() as session:
        locked = lock_edition(session, edition.key)
        for file in files:
            refused = list(_store_rows(session, locked, file, directory, report.tally, now))
            report.rejected += [*file.reading.rejected, *refused]
            problems[file.name] = [*file.reading.rejected, *refused, *file.reading.notes]
        merged = merge_duplicates(session, plan, locked, now=now)
    for file in files:
        put_away(file, edition.key, problems[file.name])
    return merged


def _store_rows(
    session: Session, edition: Edition, file: Dropped, directory: Directory, tally: Tally, now: datetime
) -> Iterator[Rejected]:
    """Write the rows of one file; what cannot be written comes back as rejected."""
    for raw in file.reading.pitches:
        outlet = directory.outlet(raw.outlet or "")
        if outlet is None:
            yield _unknown_outlet(file, raw, directory)
            continue
        channels, strange = directory.channels(raw.channels)
        pitch = store_pitch(
            session,
            edition,
            # The row's own key has the outlet as written; 东城 and 东城融媒 must not make two pitches of one.
            replace(raw, ref=pitch_ref(outlet, raw.title)),
            outlet=outlet,
            column=directory.column(raw.column),
            channels=channels,
            why=f"来自工作簿“{file.name}”",
            detail=_left_out(raw, directory, strange),
            now=now,
        )
        if pitch is None:
            tally.known += 1
        else:
            tally.new += 1


def _unknown_outlet(file: Dropped, raw: RawPitch, directory: Directory) -> Rejected:
    near = "、".join(directory.near(raw.outlet or ""))
    mend = f"写集群里的媒体名称，相近的有：{near}" if near else "写集群里的媒体名称，例如 东城融媒体中心"
    return Rejected(raw.source_id, f"{file.name} 选题《{raw.title}》", f"不认识媒体“{raw.outlet}”", mend)


def _left_out(raw: RawPitch, directory: Directory, strange: Sequence[str]) -> dict[str, object]:
    """What the sender wrote and the house does not know, kept in the log."""
    left: dict[str, object] = {}
    if raw.column and directory.column(raw.column) is None:
        left["unknown_column"] = raw.column
    if strange:
        left["unknown_channels"] = list(strange)
    return left


# ── feeds and boards ─────────────────────────────────────────────────────────────────────────────────────────────


def _collect_feed(
    ledger: Ledger, plan: Plan, edition: Edition, source: FeedSource, web: _Web, report: _Report, now: datetime
) -> int:
    items = list(_feed_items(source, web, report))
    until = cutoff(edition, now)
    findings, report.tally.unmatched = feed_findings(plan.campaign, items, now=now, until=until)
    with ledger.begin() as session:
        locked = lock_edition(session, edition.key)
        take_in(session, plan.campaign, locked, source, findings, report.tally, now=now)
        return merge_duplicates(session, plan, locked, now=now)


def _feed_items(source: FeedSource, web: _Web, report: _Report) -> Iterable[RawPitch]:
    """Items of every address of the source, each once."""
    items: dict[str, RawPitch] = {}
    for address in source.urls:

        def get(url: str, session: requests.Session, inside: bool) -> Reading:
            return fetch_feed(url, session, source_id=source.id, outlet=source.outlet, allow_private=inside)

        try:
            reading = web.ask(address, get)
        except BadInput as error:
            report.refuse(source, error)
        except TryLater as error:
            report.later.append(error)
        else:
            report.rejected += reading.rejected
            for item in reading.pitches:
                items.setdefault(item.ref, item)
    return items.values()


def _collect_board(
    ledger: Ledger, plan: Plan, edition: Edition, source: BoardSource, web: _Web, report: _Report, now: datetime
) -> int:
    lines = _live_lines(source, web, report) if source.url and not is_past(edition, now) else []
    stretch = window(edition, plan.campaign.pitching.board_window_hours, now)
    with ledger.begin() as session:
        locked = lock_edition(session, edition.key)
        if lines:
            # Whole minutes: a retry within the minute adds no second sighting.
            minute = now.replace(second=0, microsecond=0)
            save_board_lines(session, source.board, minute, map(_stored, lines))
        findings, report.tally.unmatched = board_findings(session, plan.campaign, source, stretch)
        take_in(session, plan.campaign, locked, source, findings, report.tally, now=now)
        return merge_duplicates(session, plan, locked, now=now)


def _live_lines(source: BoardSource, web: _Web, report: _Report) -> list[BoardLine]:
    """The board as it stands; none, and a report, when it cannot be read."""

    def get(url: str, session: requests.Session, inside: bool) -> list[BoardLine]:
        return fetch_board(url, session, board=source.board, allow_private=inside)

    try:
        return web.ask(source.url or "", get)
    except BadInput as error:
        report.refuse(source, error)
    except TryLater as error:
        report.later.append(error)
    return []


def _stored(line: BoardLine) -> StoredLine:
    return StoredLine(
        position=line.position,
        title=line.title,
        category=line.category,
        heat=None if line.heat is None else round(line.heat),
        is_ad=line.is_ad,
    )
