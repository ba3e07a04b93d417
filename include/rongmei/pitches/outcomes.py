"""Tells each outlet by one mail an edition what became of its pitches, with reasons and who is credited.

Writing forty mails takes half a second, so it is done beside the way to assignment, not on it. Whoever calls
`tell_outcomes` first writes them, all in one transaction and each once; whoever calls it later sends what is still in
the outbox. `outcomes_due` finds the editions that nobody has told yet, so that a crash in between loses nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import and_, exists, not_, or_, select
from sqlalchemy.orm import Session, aliased

from rongmei.clock import spoken
from rongmei.config import OWN_SOURCE, Outlet, Plan
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Mail, Pitch, PitchEvent, lock_edition
from rongmei.mail import DeliverySummary, Transport, deliver, message, queue, sender_address
from rongmei.pitches.standing import DECIDED, is_decided

MAILS: Final = "outcome:"
"""What the keys of these mails begin with."""
MOST_LINES = 200
FORGOTTEN_WITHIN = timedelta(days=3)
"""An edition opened longer ago is not told about any more, if nobody did in time."""
OUTCOME_NAMES = {"accepted": "采用", "merged": "并入", "held": "缓议", "declined": "未采用"}
_ORDER = tuple(OUTCOME_NAMES)
_NEXT = {
    "accepted": "由谁来做见派单邮件。",
    "held": "下一期自动再上会一次，不用重报。",
    "declined": "",
    "merged": "",
}
_templates = Environment(
    loader=PackageLoader("rongmei.pitches"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["spoken"] = spoken


@dataclass(frozen=True)
class Outcome:
    """One pitch in the mail.

    Attributes:
        state: its own; `merged` when it stands under another.
        verdict: 采用, 缓议 …; of a merged one that of the pitch it went into.
        reason: as it stands in the log.
        by: who decided, as a reader names him; "" when nobody did.
        joint: who pitched the same: `虎门融媒体中心（李四）`.
        into: for a merged one `#12《…》（东城融媒体中心报来）`, else "".
    """

    pitch_id: int
    title: str
    author: str
    state: str
    verdict: str
    reason: str
    by: str
    joint: tuple[str, ...]
    into: str
    next: str
    returned: bool


@dataclass(frozen=True)
class OutcomeSummary:
    """How the edition's mails about outcomes stand.

    Attributes:
        queued: mails this call put into the outbox.
        problems: what kept an outlet from being told, in Chinese, and who must act.
    """

    queued: int = 0
    sent: int = 0
    pending: int = 0
    failed: int = 0
    unknown: int = 0
    problems: tuple[str, ...] = ()


def tell_outcomes(
    ledger: Ledger, plan: Plan, key: str, *, transport: Transport, clock: Callable[[], datetime]
) -> OutcomeSummary:
    """Mail every outlet that pitched what the meeting decided; before it has decided nothing happens.

    What came from an outlet's feed by itself is told only when it was accepted or held.

    Raises:
        BadInput: there is no such edition.
        CredentialRefused: the mail server takes nothing from us; the mails stay in the outbox.
    """
    with ledger.begin() as session:
        edition = lock_edition(session, key)
        queued, problems = _queue_all(session, plan, edition, clock()) if is_decided(session, edition) else (0, ())
    keys = _unsent(ledger, mail_prefix(key))
    done = deliver(ledger, transport, keys=keys, clock=clock) if keys else DeliverySummary()
    return OutcomeSummary(queued, done.sent, done.pending, done.failed, done.unknown, problems)


def outcomes_due(ledger: Ledger, plan: Plan, *, rehearsal: bool, now: datetime) -> tuple[str, ...]:
    """Keys of the campaign's editions that have mails about outcomes in the outbox, or decided and have none at all."""
    mails = select(Mail.id).where(Mail.edition_id == Edition.id, Mail.key.startswith(MAILS)).correlate(Edition)
    told = (Pitch.edition_id == Edition.id, Pitch.outlet.is_not(None), Pitch.lead_id.is_(None))
    decided = select(Pitch.id).where(*told, Pitch.state.in_(DECIDED), Pitch.source != OWN_SOURCE).correlate(Edition)
    forgotten = and_(exists(decided), not_(exists(mails)), Edition.opened_at > now - FORGOTTEN_WITHIN)
    unsent = exists(mails.where(Mail.state.in_(("pending", "sending"))))
    with ledger.read() as session:
        found = (
            select(Edition.key)
            .where(Edition.campaign == plan.campaign.id, Edition.rehearsal == rehearsal)
            .where(or_(unsent, forgotten))
        )
        return tuple(sorted(session.scalars(found)))


def _queue_all(session: Session, plan: Plan, edition: Edition, now: datetime) -> tuple[int, tuple[str, ...]]:
    """Put one mail for every outlet that pitched into the outbox, unless that was done; how many, and problems."""
    ours = Mail.key.startswith(mail_prefix(edition.key), autoescape=True)
    if session.scalar(select(Mail.id).where(ours).limit(1)) is not None:
        return 0, ()
    queued, problems = 0, []
    outlets = {outlet.id: outlet for outlet in plan.cluster.outlets}
    for outlet_id, lines in sorted(_outcomes(session, plan, edition).items()):
        outlet = outlets.get(outlet_id)
        if outlet is None:
            problems.append(f"“{outlet_id}”已不在集群文件里，它的 {len(lines)} 条报题结果无处可寄，请制片转告")
            continue
        try:
            queued += _queue(session, plan, edition, outlet, lines, now)
        except BadInput as problem:
            problems.append(f"报题结果没能寄给{outlet.name}（{problem}），请制片转告")
    return queued, tuple(problems)


def mail_prefix(key: str) -> str:
    """What the keys of an edition's mails begin with."""
    return f"{MAILS}{key}:"


def write(plan: Plan, edition: Edition, outlet: Outlet, lines: Sequence[Outcome]) -> tuple[str, str, str]:
    """Subject, HTML and text of the mail to one outlet."""
    counts = Counter(line.state for line in lines)
    said = "，".join(f"{OUTCOME_NAMES[state]} {counts[state]} 条" for state in _ORDER if counts[state])
    subject = f"报题结果：{plan.campaign.name} {edition.day:%m-%d}，{said}"
    content = {
        "subject": subject,
        "campaign": plan.campaign,
        "owner": plan.cluster.person(plan.campaign.owner).name,
        "day": edition.day,
        "outlet": outlet,
        "said": said,
        "total": len(lines),
        "lines": lines[:MOST_LINES],
        "more": max(0, len(lines) - MOST_LINES),
    }
    html = _templates.get_template("outcomes.html").render(content)
    return subject, html, _templates.get_template("outcomes.txt").render(content)


def _queue(
    session: Session, plan: Plan, edition: Edition, outlet: Outlet, lines: Sequence[Outcome], now: datetime
) -> bool:
    subject, html, text = write(plan, edition, outlet, lines)
    owner = plan.cluster.person(plan.campaign.owner).email
    mail = message(subject, html, text, sender=sender_address(), to=outlet.contact_email, reply_to=owner)
    key = f"{mail_prefix(edition.key)}{outlet.id}"
    return queue(session, key=key, recipient=outlet.contact_email, message=mail, edition_id=edition.id, now=now)


def _unsent(ledger: Ledger, prefix: str) -> list[str]:
    ours = Mail.key.startswith(prefix, autoescape=True)
    with ledger.read() as session:
        found = select(Mail.key).where(ours, Mail.state.in_(("pending", "sending"))).order_by(Mail.id)
        return list(session.scalars(found))


# ── what became of them ──────────────────────────────────────────────────────────────────────────────────────────


def _outcomes(session: Session, plan: Plan, edition: Edition) -> dict[str, list[Outcome]]:
    """Outlet id → its pitches, the accepted ones first."""
    pitches = list(session.scalars(select(Pitch).where(Pitch.edition_id == edition.id).order_by(Pitch.id)))
    by_id = {pitch.id: pitch for pitch in pitches}
    last, returned = _log(session, edition)
    told = _Teller(plan, by_id, last, returned)
    of_outlets: defaultdict[str, list[Outcome]] = defaultdict(list)
    for pitch in pitches:
        if pitch.outlet is not None and pitch.source != OWN_SOURCE and _concerns(pitch):
            of_outlets[pitch.outlet].append(told.outcome(pitch))
    for lines in of_outlets.values():
        lines.sort(key=lambda line: (_ORDER.index(line.state), line.pitch_id))
    return dict(of_outlets)


def _concerns(pitch: Pitch) -> bool:
    if pitch.state not in _ORDER:
        return False
    return pitch.lead_id is None or pitch.state in ("accepted", "held")


def _log(session: Session, edition: Edition) -> tuple[dict[int, PitchEvent], set[int]]:
    """The event that brought each pitch where it stands, and the ids of those that an earlier meeting had held."""
    pitch = aliased(Pitch)
    found = select(PitchEvent).join(pitch, pitch.id == PitchEvent.thing_id).where(pitch.edition_id == edition.id)
    last: dict[int, PitchEvent] = {}
    returned: set[int] = set()
    for event in session.scalars(found.order_by(PitchEvent.id)):
        if event.from_state is not None:
            last[event.thing_id] = event
        if "held_from" in event.detail:
            returned.add(event.thing_id)
    return last, returned


class _Teller:
    """Says in words what became of a pitch."""

    def __init__(
        self, plan: Plan, pitches: Mapping[int, Pitch], last: Mapping[int, PitchEvent], returned: set[int]
    ) -> None:
        self._outlets = {outlet.id: outlet.name for outlet in plan.cluster.outlets}
        self._people = {person.id: person.name for person in plan.cluster.people}
        self._sources = {source.id: source.name for source in plan.campaign.sources}
        self._pitches, self._last, self._returned = pitches, last, returned

    def outcome(self, pitch: Pitch) -> Outcome:
        """The line of one pitch in its outlet's mail."""
        above = self._pitches.get(pitch.merged_into_id or 0, pitch)
        decided = self._last.get(above.id)
        return Outcome(
            pitch_id=pitch.id,
            title=pitch.title,
            author=pitch.author or "",
            state=pitch.state,
            verdict=OUTCOME_NAMES.get(above.state, ""),
            reason=decided.why if decided else "",
            by=self._people.get(decided.by, "") if decided else "",
            joint=self._with(pitch, above),
            into="" if above is pitch else f"#{above.id}《{above.title}》（{self._whose(above)}）",
            next=_NEXT.get(above.state, ""),
            returned=pitch.id in self._returned,
        )

    def _with(self, pitch: Pitch, above: Pitch) -> tuple[str, ...]:
        """Who pitched the same, without the reader: the one that stays and all that were merged into it."""
        family = [above, *(one for one in self._pitches.values() if one.merged_into_id == above.id)]
        others = [self._who(one) for one in family if one.id != pitch.id and one.outlet != pitch.outlet]
        return tuple(dict.fromkeys(name for name in others if name))

    def _who(self, pitch: Pitch) -> str:
        if pitch.outlet is None:
            return ""
        name = self._outlets.get(pitch.outlet, pitch.outlet)
        return f"{name}（{pitch.author}）" if pitch.author else name

    def _whose(self, pitch: Pitch) -> str:
        if pitch.source == OWN_SOURCE:
            return "编辑部指令"
        if pitch.outlet is None:
            return f"来自{self._sources.get(pitch.source, pitch.source)}"
        return f"{self._outlets.get(pitch.outlet, pitch.outlet)}报来"
