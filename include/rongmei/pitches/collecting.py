"""Collects pitches from one source of the campaign, of whatever kind it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import requests

from rongmei.config import BoardSource, FeedSource, MailboxSource, Plan, Source, SubmissionsSource, WorkbookSource
from rongmei.errors import BadInput
from rongmei.fetching import public_session
from rongmei.ledger import Ledger, get_edition
from rongmei.mail import Mailbox
from rongmei.pitches.from_mail import take_mail
from rongmei.pitches.from_submissions import take_submissions
from rongmei.pitches.from_web import take_board, take_feed
from rongmei.pitches.from_workbooks import take_workbooks
from rongmei.pitches.harvest import Harvest, SessionFactory, Web
from rongmei.pitches.sources.base import Rejected
from rongmei.pitches.standing import is_decided
from rongmei.settings import Settings
from rongmei.text.normalise import clean_line

MOST_PROBLEMS = 20


@dataclass(frozen=True)
class CollectSummary:
    """What one call of `collect` did.

    Attributes:
        source: id of the source.
        new: pitches written by this call; known: those the edition had already.
        merged: pitches of the edition, of whatever source, merged by this call.
        rejected: rows, files, mails or addresses that gave nothing.
        unmatched: items of a feed, titles of a board or mails that are not on the campaign's topic.
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
    mailbox: Mailbox | None = None,
) -> CollectSummary:
    """Read the source and write what is new as pitches of the edition; read again, it writes nothing twice.

    Bad content is reported in the summary and does not stop the rest. Once the edition is closed or its pitch meeting
    has decided, nothing is read: what arrives late is left for the next edition.

    Args:
        key: the edition's key.
        session_factory: makes web sessions; another one in tests.
        mailbox: where mail is read; None is the one that the settings name.

    Raises:
        BadInput: there is no such edition or source.
        TryLater: a feed, board or mailbox could not be read now; everything that could be is stored already.
        CredentialRefused: the mailbox does not let us in.
    """
    source = _source(plan, source_id)
    with ledger.read() as session:
        edition = get_edition(session, key)
        decided = is_decided(session, edition)
        session.expunge(edition)
    if edition.state == "closed" or decided:
        why = "本期已结束" if edition.state == "closed" else "本期选题会已有决定"
        return CollectSummary(source.id, problems=(f"{source.name}：{why}，新来的选题留给下一期",))
    harvest = Harvest(ledger, plan, edition, settings, now)
    merged = _take(harvest, source, Web(settings, session_factory), mailbox)
    if harvest.later:
        raise harvest.later[0]
    return _summary(source, harvest, merged)


def _take(harvest: Harvest, source: Source, web: Web, mailbox: Mailbox | None) -> int:
    match source:
        case WorkbookSource():
            return take_workbooks(harvest, source)
        case FeedSource():
            return take_feed(harvest, source, web)
        case BoardSource():
            return take_board(harvest, source, web)
        case SubmissionsSource():
            return take_submissions(harvest, source)
        case MailboxSource():
            return take_mail(harvest, source, mailbox)


def _source(plan: Plan, source_id: str) -> Source:
    for source in plan.campaign.sources:
        if source.id == source_id:
            return source
    known = "、".join(source.id for source in plan.campaign.sources)
    raise BadInput(f"没有来源“{source_id}”", where=plan.campaign.name, mend=f"现有的来源：{known}")


def _summary(source: Source, harvest: Harvest, merged: int) -> CollectSummary:
    problems = [_said(problem) for problem in harvest.rejected]
    shown = tuple(problems[:MOST_PROBLEMS])
    if len(problems) > MOST_PROBLEMS:
        shown = (*shown[:-1], f"……共 {len(problems)} 处问题，其余见收件夹里的“问题”清单")
    tally = harvest.tally
    return CollectSummary(
        source=source.id,
        new=tally.new,
        known=tally.known,
        merged=merged,
        rejected=len(harvest.rejected),
        unmatched=tally.unmatched,
        used_before=tally.used_before,
        leads=tally.leads,
        problems=shown,
    )


def _said(problem: Rejected) -> str:
    mend = f"。改法：{problem.mend}" if problem.mend else ""
    return clean_line(f"{problem.where}：{problem.reason}{mend}", 300)
