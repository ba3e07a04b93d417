"""Mails what became of a recall or a correction: every account, what was done, when, and whether the post is gone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import select

from rongmei.channels.rendering import one_line
from rongmei.clock import spoken
from rongmei.config import CHANNEL_NAMES
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Story, StoryVersion
from rongmei.mail import Transport, deliver, message, queue, sender_address
from rongmei.publishing.amended import AmendmentLine, amendments_of

if TYPE_CHECKING:
    from rongmei.config import Plan

HOW = {
    "deleted": "平台已删除",
    "hidden": "平台已隐藏",
    "gone": "已不在平台上",
    "edited": "已改成新版本",
    "noted": "已发更正说明",
    "by_hand": "人工处理",
    "never_public": "没有公开过",
    "overtaken": "被后来的指令取代",
}
"""What an amendment's `how` is called."""
STATES = {"ordered": "处理中", "done": "完成", "by_hand": "待人工处理"}
KINDS = {"recall": "撤稿", "correction": "更正"}
GONE = {True: "平台说已看不到", False: "平台上还能读到", None: "平台不能查"}
CLOSED_TO_READERS = frozenset({401, 403, 404, 410, 451})
MAX_SAID = 300


@dataclass(frozen=True)
class EvidenceSummary:
    """How the mails stand."""

    queued: int = 0
    sent: int = 0
    pending: int = 0
    failed: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class Row:
    """One post in the mail, in the words of the newsroom; "" where there is nothing to say.

    Attributes:
        number: of the amendment, for `rongmei publish amended`.
        checked: whether it is gone, by the platform and by its address.
        note: address of the correction note.
    """

    number: int
    account: str
    channel: str
    kind: str
    state: str
    how: str
    url: str
    said: str
    checked: str
    note: str
    at: str
    open: bool
    by_hand: bool


def mail_evidence(
    ledger: Ledger, plan: Plan, story_id: int, *, transport: Transport, clock: Callable[[], datetime]
) -> EvidenceSummary:
    """Mail how a story's last orders stand to the campaign's recipients; the same state is mailed once.

    Raises:
        BadInput: there is no such story in the campaign, or nothing was ordered for it.
        CredentialRefused: the mail server takes nothing from us; the mails stay in the outbox.
    """
    lines = _latest(amendments_of(ledger, story_id))
    now = clock()
    queued, keys = 0, []
    with ledger.begin() as session:
        story = session.get(Story, story_id)
        edition = session.get(Edition, story.edition_id) if story else None
        if not lines or edition is None or edition.campaign != plan.campaign.id:
            raise BadInput(
                f"稿件 #{story_id} 没有撤稿或更正",
                where=plan.campaign.name,
                mend="先下指令：rongmei publish recall 或 correct",
            )
        titles = session.scalars(
            select(StoryVersion.title).where(StoryVersion.story_id == story_id).order_by(StoryVersion.number.desc())
        )
        subject, html, text = write(plan, edition.key, one_line(titles.first() or ""), lines, now)
        for person in (plan.cluster.person(one) for one in plan.campaign.reporting.recipients):
            key = f"amend/{story_id}/{_stage(lines)}/{person.id}"
            mail = message(subject, html, text, sender=sender_address(), to=person.email)
            queued += queue(session, key=key, recipient=person.email, message=mail, edition_id=edition.id, now=now)
            keys.append(key)
    told = deliver(ledger, transport, keys=keys, clock=clock)
    return EvidenceSummary(queued, told.sent, told.pending, told.failed, told.unknown)


def write(plan: Plan, key: str, title: str, lines: Sequence[AmendmentLine], now: datetime) -> tuple[str, str, str]:
    """Subject, HTML and text of the mail.

    Args:
        key: of the edition.
        title: of the story, on one line.
        lines: at least one; the last one says what it was all about.
    """
    rows = [_row(plan, line) for line in lines]
    waiting = [row for row in rows if row.open]
    kind = KINDS[lines[-1].kind]
    words = {
        "kind": kind,
        "title": title,
        "why": one_line(lines[-1].why),
        "rows": rows,
        "waiting": waiting,
        "by_hand": [row for row in rows if row.by_hand],
        "campaign": plan.campaign.name,
        "edition": key,
        "now": spoken(now),
    }
    subject = f"{kind}{f'进展：还有 {len(waiting)} 处' if waiting else '回执'}｜{title}"
    html = _templates().get_template("evidence.html.j2").render(words)
    return subject, html, _templates().get_template("evidence.txt.j2").render(words)


def _latest(found: Iterable[AmendmentLine]) -> list[AmendmentLine]:
    """The last order of each publication, in the order in which they were given; older ones are history."""
    latest = {line.publication_id: line for line in found}
    return sorted(latest.values(), key=lambda line: line.id)


def _stage(lines: Sequence[AmendmentLine]) -> str:
    """Tells one state of the amendments from another."""
    said = "\n".join(f"{line.id} {line.state} {line.how} {line.last_error}" for line in lines)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _row(plan: Plan, line: AmendmentLine) -> Row:
    outlet, _, channel = line.account.rpartition("/")
    names = {one.id: one.name for one in plan.cluster.outlets}
    how = HOW.get(line.how or "", line.how or "")
    if line.kind == "correction" and line.how == "never_public":
        how += "，新版本照发布计划发"
    return Row(
        number=line.id,
        account=one_line(names.get(outlet, outlet)),
        channel=one_line(CHANNEL_NAMES.get(channel, channel)),
        kind=KINDS[line.kind],
        state=STATES[line.state],
        how=how,
        url=one_line(line.url or ""),
        said=_said(line),
        checked=_checked(line),
        note=one_line(str(line.evidence.get("url") or "")) if line.how == "noted" else "",
        at=spoken(line.done_at) if line.done_at else "",
        open=line.state != "done",
        by_hand=line.state == "by_hand",
    )


def _said(line: AmendmentLine) -> str:
    """The last thing that was heard: while it is open what hinders it, then the platform's or the person's words."""
    said = one_line(str(line.evidence.get("said") or ""))
    if line.state != "done":
        said = one_line(line.last_error or "") or said
    elif line.how == "by_hand" and said:
        said = f"{one_line(str(line.evidence.get('by') or ''))}：{said}"
    return said if len(said) <= MAX_SAID else said[: MAX_SAID - 1] + "…"


def _checked(line: AmendmentLine) -> str:
    words = [GONE.get(line.evidence["gone"], "")] if "gone" in line.evidence else []
    if "gone_status" in line.evidence:
        words.append(_said_of_address(line.evidence["gone_status"]))
    return "；".join(word for word in words if word)


def _said_of_address(status: object) -> str:
    if not isinstance(status, int):
        return "网址没有应答，请打开看一眼"
    if status in CLOSED_TO_READERS:
        return f"网址已打不开（HTTP {status}）"
    # Some platforms say 200 on the page that tells that the post was deleted, so only a reader can tell.
    return f"网址仍有应答（HTTP {status}），请打开看一眼"


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("rongmei.publishing"),
        autoescape=select_autoescape(["html", "html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
