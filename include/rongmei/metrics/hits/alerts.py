"""Tells people by mail that a topic of their campaign has entered a board's top ten: once a stay and recipient."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy.orm import Session

from rongmei.boards import BOARDS
from rongmei.boards.words import heat_words, rank_words, search_link, short_count
from rongmei.clock import spoken
from rongmei.config import Person, Plan
from rongmei.errors import BadInput
from rongmei.ledger import BoardHit
from rongmei.mail import message, queue, sender_address
from rongmei.mail.outbox import REHEARSAL_MARK
from rongmei.metrics.hits.stays import Stay

TOP = 10
MOST_IN_A_MAIL = 20
_templates = Environment(
    loader=PackageLoader("rongmei.metrics.hits"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["spoken"] = spoken


@dataclass(frozen=True)
class Told:
    """One entry as the mail tells it; everything is Chinese text ready to be read."""

    title: str
    rank: str
    first: str
    since: datetime
    lasted: str
    heat: str
    category: str
    why: str
    description: str
    link: str | None


def newly_on_top(stays: Iterable[Stay], moment: datetime) -> list[Stay]:
    """Those that the look at `moment` saw among the first ten and that nobody has been told of; paid lines never."""
    found = [
        stay
        for stay in stays
        if stay.alerted_at is None
        and not stay.promoted
        and stay.last_seen == moment
        and stay.last_position <= TOP
        and stay.left_at is None
    ]
    return sorted(found, key=lambda stay: (stay.last_position == 0, stay.last_position, stay.title))


def recipients(plan: Plan) -> tuple[Person, ...]:
    """Who is told: `reporting.alerts`, or else the campaign's owner and those who receive its report."""
    reporting = plan.campaign.reporting
    wanted = reporting.alerts or (plan.campaign.owner, *reporting.recipients)
    return tuple(plan.cluster.person(name) for name in dict.fromkeys(wanted))


def alert(
    session: Session,
    plan: Plan,
    board: str,
    stays: Sequence[Stay],
    *,
    rehearsal: bool,
    now: datetime,
) -> tuple[list[str], list[str]]:
    """Queue one mail a recipient about `stays` (they have ids) and mark them as told, in one transaction.

    Returns:
        Keys of the mails queued, and what stood in the way of single ones, in Chinese.
    """
    if not stays:
        return [], []
    subject, html, text = write(plan, board, stays, rehearsal=rehearsal, now=now)
    keys, problems = [], []
    for person in recipients(plan):
        key = mail_key(plan.campaign.id, board, stays, person.id, rehearsal=rehearsal)
        try:
            mail = message(
                subject, html, text, sender=sender_address(), to=person.email, reply_to=plan.campaign.reporting.reply_to
            )
            if queue(session, key=key, recipient=person.email, message=mail, now=now):
                keys.append(key)
        except BadInput as error:
            problems.append(f"上榜提醒没有给 {person.name}：{error}")
    for stay in stays:
        session.get_one(BoardHit, stay.id).alerted_at = now
    return keys, problems


def mail_key(campaign: str, board: str, stays: Sequence[Stay], person: str, *, rehearsal: bool) -> str:
    """The name of an alert in the outbox: the same stays make the same one, however often they are told."""
    said = " ".join(str(number) for number in sorted(stay.id or 0 for stay in stays))
    mark = hashlib.sha256(said.encode()).hexdigest()[:16]
    return f"{mail_prefix(board, rehearsal=rehearsal)}{campaign}:{mark}:{person}"


def mail_prefix(board: str, *, rehearsal: bool) -> str:
    """What the names of a board's alerts begin with."""
    return f"board:{'rehearsal' if rehearsal else 'real'}:{board}:"


def write(plan: Plan, board: str, stays: Sequence[Stay], *, rehearsal: bool, now: datetime) -> tuple[str, str, str]:
    """Subject, HTML and text of the mail; the best placed first, at most twenty are told in full."""
    label = BOARDS[board].label
    told = [_told(board, stay) for stay in stays[:MOST_IN_A_MAIL]]
    more = f"等 {len(stays)} 条" if len(stays) > 1 else ""
    subject = f"{REHEARSAL_MARK if rehearsal else ''}上榜提醒：{label}{told[0].rank} {told[0].title}{more}"
    context = {
        "subject": subject,
        "campaign": plan.campaign.name,
        "label": label,
        "lines": told,
        "left_out": len(stays) - len(told),
        "now": now,
        "top": TOP,
        "rehearsal": rehearsal,
        "command": f"rongmei boards show {plan.campaign.id}",
    }
    html = _templates.get_template("alert.html").render(context)
    return subject, html, _templates.get_template("alert.txt").render(context)


def lasted(minutes: int, blind_minutes: int = 0) -> str:
    """How long something stood on a board, in Chinese."""
    said = spoken_minutes(minutes) if minutes else "刚上榜或不足两次观测的间隔"
    return f"{said}（另有 {spoken_minutes(blind_minutes)}没有观测，不计）" if blind_minutes else said


def spoken_minutes(minutes: int) -> str:
    """135 → 2 小时 15 分钟."""
    hours, rest = divmod(minutes, 60)
    return "".join([f"{hours} 小时" if hours else "", " " if hours and rest else "", f"{rest} 分钟" if rest else ""])


def _told(board: str, stay: Stay) -> Told:
    description = stay.evidence.get("description")
    category = stay.evidence.get("category")
    first = f"{rank_words(stay.first_position)}上榜"
    if stay.last_seen > stay.first_seen:
        first += f"，最高{rank_words(stay.best_position)}（{spoken(stay.best_at)}）"
    return Told(
        title=stay.title,
        rank=rank_words(stay.last_position),
        first=first,
        since=stay.first_seen,
        lasted=lasted(stay.minutes, stay.blind_minutes),
        heat=_heat(board, stay),
        category=str(category or ""),
        why=str(stay.evidence.get("words") or ""),
        description=str(description or ""),
        link=search_link(board, stay.title),
    )


def _heat(board: str, stay: Stay) -> str:
    current = stay.track[-1][2] if stay.track else stay.peak_heat
    said = heat_words(board, current)
    if current is not None and stay.peak_heat is not None and stay.peak_heat > current:
        said += f"，本次最高 {short_count(stay.peak_heat)}"
    return said
