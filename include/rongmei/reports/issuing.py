"""Makes the reports about a stretch of days, keeps them, and mails each reader the one that concerns them, once.

The desk gets everything; who leads gets it without what only the desk must do; an outlet gets its own part, and
nothing of another's. Each of these is a report on file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from rongmei.config import ClusterPlan, Person
from rongmei.errors import BadInput, TryLater
from rongmei.ledger import Ledger
from rongmei.mail import Transport, deliver, queue
from rongmei.reports.archive import rebuild
from rongmei.reports.keeping import Made, addressed, keep, mails_queued, make, stored
from rongmei.reports.occasions import Occasion
from rongmei.reports.stretch.scope import Scope

if TYPE_CHECKING:
    from rongmei.settings import Settings

LEADER = "leader"
REVISED = "revised"


@dataclass(frozen=True)
class IssueSummary:
    """Outcome of `issue`; `folder` holds the desk's report.

    Attributes:
        frozen: its mails are queued, so what was sent stayed as it was; what the ledger says now is beside it.
        quiet: nothing happened, the report is one line.
        reports: how many were made: the desk's, the leaders', the outlets'.
    """

    key: str
    subject: str
    folder: str
    frozen: bool
    quiet: bool
    reports: int = 0


@dataclass(frozen=True)
class PostSummary:
    """How the mails of an occasion stand; `held` when it is past and nobody asked for them."""

    key: str
    sent: int = 0
    pending: int = 0
    failed: int = 0
    unknown: int = 0
    held: bool = False


@dataclass(frozen=True)
class View:
    """One of the reports of an occasion.

    Attributes:
        suffix: after the occasion's key; empty for the desk's.
        room: its folder in the archive.
        outlet: id, for an outlet's own part.
    """

    suffix: str = ""
    room: str = "."
    outlet: str | None = None

    @property
    def leader(self) -> bool:
        """Whether it is for those who lead."""
        return self.suffix == LEADER


DESK, LEADERS = View(), View(LEADER, LEADER)


@dataclass(frozen=True)
class Reader:
    """Who gets a mail: `id` is the end of its key."""

    id: str
    name: str
    email: str
    view: View


# ── making ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def issue(
    ledger: Ledger,
    plan: ClusterPlan,
    occasion: Occasion,
    *,
    settings: Settings,
    now: datetime,
    campaign: str | None = None,
) -> IssueSummary:
    """Gather, draw and render every report of the occasion, write their files, and store them in the ledger.

    Before the first mail is queued a second run replaces them. Afterwards what was sent stays; what the ledger says
    now is kept beside it, marked as reckoned again.

    Args:
        campaign: id, for a wrap-up.

    Raises:
        BadInput: the cluster has no such campaign.
    """
    if campaign is not None and campaign not in plan.campaigns:
        raise BadInput(f"集群里没有活动“{campaign}”", where=plan.cluster.name, mend="核对活动文件的 cluster 一行")
    with ledger.read() as session:
        frozen = mails_queued(session, f"{occasion.key}:")
    made: list[tuple[View, Made]] = []
    quiet = True
    for view in [DESK] if frozen else views(plan, occasion):
        with ledger.read() as session:
            report = _gather(_scope(session, plan, occasion, now, view), plan, occasion, view, campaign)
        if view.outlet is not None and report.quiet:
            continue
        quiet = quiet and report.quiet
        made.append((view, _make(report, plan, occasion, settings, view, revised=frozen, campaign=campaign)))
    with ledger.begin() as session:
        if not frozen and mails_queued(session, f"{occasion.key}:"):
            # Another process mailed it while this one was drawing; what it sent is the record.
            return _summary(session, occasion, quiet=quiet)
        for view, one in made:
            keep(
                session,
                one,
                key=_key(occasion, REVISED if frozen else view.suffix),
                kind=occasion.kind,
                folder=_folder(settings, occasion, view, revised=frozen),
                now=now,
                days=occasion.issues or (occasion.first, occasion.last),
            )
    rebuild(ledger, settings)
    subject, folder = made[0][1].subject, _folder(settings, occasion, DESK, revised=frozen)
    return IssueSummary(occasion.key, subject, str(folder), frozen, quiet, len(made))


def views(plan: ClusterPlan, occasion: Occasion) -> Iterator[View]:
    """The reports that an occasion has readers for; the desk's in any case."""
    yield DESK
    readers = people(plan, occasion)
    if any(_view_of(person, occasion).leader for person in readers):
        yield LEADERS
    if occasion.kind == "weekly" and plan.cluster.reports.weekly.outlets:
        for outlet in plan.cluster.outlets:
            yield View(f"outlet/{outlet.id}", f"outlets/{outlet.id}", outlet.id)


def people(plan: ClusterPlan, occasion: Occasion, campaign: str | None = None) -> tuple[Person, ...]:
    """Who of the cluster's people gets a report of the occasion."""
    reports = plan.cluster.reports
    if occasion.kind != "wrapup":
        return plan.cluster.readers(reports.daily if occasion.kind == "daily" else reports.weekly)
    if campaign is None:
        return ()
    reporting = plan.campaigns[campaign].reporting
    also = {person.id for person in plan.cluster.readers(reporting.wrapup)}
    return tuple(one for one in plan.cluster.people if one.id in also or one.id in reporting.recipients)


def _view_of(person: Person, occasion: Occasion) -> View:
    return LEADERS if person.role == LEADER and occasion.kind != "wrapup" else DESK


def _scope(session: Session, plan: ClusterPlan, occasion: Occasion, now: datetime, view: View) -> Scope:
    only = (occasion.key.split(":")[1].partition("/")[0],) if occasion.kind == "wrapup" else None
    return Scope(
        session,
        plan,
        occasion.first,
        occasion.last,
        now,
        rehearsal=occasion.rehearsal,
        only=only,
        outlet=view.outlet,
        issues=occasion.issues,
    )


def _gather(scope: Scope, plan: ClusterPlan, occasion: Occasion, view: View, campaign: str | None) -> Any:
    if occasion.kind == "daily":
        from rongmei.reports.daily.gathering import gather as gather_daily

        return replace(gather_daily(scope, occasion.key), leader=view.leader)
    if occasion.kind == "weekly":
        from rongmei.reports.weekly.gathering import gather as gather_weekly

        return replace(gather_weekly(scope, occasion.key), leader=view.leader)
    from rongmei.reports.wrapup.gathering import gather as gather_wrapup

    return gather_wrapup(scope, plan.campaigns[campaign or ""], occasion.key)


def _make(
    report: Any,
    plan: ClusterPlan,
    occasion: Occasion,
    settings: Settings,
    view: View,
    *,
    revised: bool,
    campaign: str | None,
) -> Made:
    # Heavy libraries: a task process that makes no report never loads them.
    pages, files = _forms(occasion.kind)
    charts = pages.draw_charts(report)
    # An outlet's part and a brief of one line are read on the screen; what is signed and filed is the whole.
    on_paper = view.outlet is None and not report.quiet
    subject = pages.subject(report)
    return make(
        f"{subject}（重算）" if revised else subject,
        pages.render_text(report),
        partial(pages.render_html, report),
        name=_attachment(report, occasion, view),
        reply_to=_reply_to(plan, campaign),
        charts=charts,
        chart_names=pages.NAMES,
        figures=None if report.quiet else files.write_book(report),
        paper=files.write_paper(report, charts) if on_paper else None,
        more=_more(report, settings, view),
    )


def _forms(kind: str) -> tuple[Any, Any]:
    if kind == "daily":
        from rongmei.reports.daily import files as daily_files
        from rongmei.reports.daily import pages as daily_pages

        return daily_pages, daily_files
    if kind == "weekly":
        from rongmei.reports.weekly import files as weekly_files
        from rongmei.reports.weekly import pages as weekly_pages

        return weekly_pages, weekly_files
    from rongmei.reports.wrapup import files as wrapup_files
    from rongmei.reports.wrapup import pages as wrapup_pages

    return wrapup_pages, wrapup_files


def _attachment(report: Any, occasion: Occasion, view: View) -> str:
    what = {"daily": "每日简报", "weekly": "每周考核", "wrapup": "活动总结"}[occasion.kind]
    whose = report.outlet if view.outlet is not None else getattr(report, "campaign", report.cluster)
    return f"{whose} {what} {occasion.last if occasion.issues is None else occasion.issues[1]}"


def _more(report: Any, settings: Settings, view: View) -> list[tuple[str, Path]]:
    """The period's workbook that the appraisal wrote, with every score; so it is not for an outlet."""
    from rongmei.ledger.periods import workbook_path

    period = getattr(getattr(report, "ranking", None), "period", "")
    if not period or view.outlet is not None:
        return []
    file = workbook_path(settings.reports, period)
    return [(f"考核周期算式 {report.first}.xlsx", file)] if file.is_file() else []


def _reply_to(plan: ClusterPlan, campaign: str | None) -> str | None:
    own = plan.campaigns[campaign].reporting.reply_to if campaign else None
    return own or plan.cluster.reports.reply_to


def _key(occasion: Occasion, suffix: str) -> str:
    return f"{occasion.key}:{suffix}" if suffix else occasion.key


def _folder(settings: Settings, occasion: Occasion, view: View, *, revised: bool) -> Path:
    name = occasion.key.replace(":", "_").replace("/", "-")
    return settings.reports / view.room / (f"{name}_{REVISED}" if revised else name)


def _summary(session: Session, occasion: Occasion, *, quiet: bool) -> IssueSummary:
    row = stored(session, occasion.key)
    return IssueSummary(occasion.key, row.subject if row else "", row.folder if row else "", frozen=True, quiet=quiet)


# ── mailing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def post(
    ledger: Ledger,
    plan: ClusterPlan,
    occasion: Occasion,
    *,
    transport: Callable[[], Transport],
    clock: Callable[[], datetime],
    campaign: str | None = None,
    asked: bool = False,
) -> PostSummary:
    """Mail the stored reports of the occasion, each reader's own, each once.

    An occasion that was due long ago is mailed only when somebody asked for it.

    Args:
        transport: opens the way mail leaves by; not called when there is nothing to send.
        asked: a person wants the mails of a past occasion.

    Raises:
        BadInput: the occasion has no report yet.
        TryLater: some mails could not go out yet; they are kept, and calling again sends only those.
        CredentialRefused: the mail server takes nothing from us; the mails are kept.
    """
    if not (asked or occasion.news(clock())):
        return PostSummary(occasion.key, held=True)
    with ledger.begin() as session:
        if stored(session, occasion.key) is None:
            raise BadInput("报告还没有生成", where=occasion.key, mend="先运行生成报告这一步")
        keys = [
            key for reader in readers(plan, occasion, campaign) if (key := _queue(session, occasion, reader, clock()))
        ]
    if not keys:
        return PostSummary(occasion.key)
    done = deliver(ledger, transport(), keys=keys, clock=clock)
    if done.pending:
        raise TryLater(f"{occasion.key} 有 {done.pending} 封邮件还没发出，已留在发件箱，稍后再发")
    return PostSummary(occasion.key, done.sent, done.pending, done.failed, done.unknown)


def readers(plan: ClusterPlan, occasion: Occasion, campaign: str | None = None) -> Iterator[Reader]:
    """Who gets which report."""
    for person in people(plan, occasion, campaign):
        yield Reader(person.id, person.name, person.email, _view_of(person, occasion))
    if occasion.kind == "weekly" and plan.cluster.reports.weekly.outlets:
        for outlet in plan.cluster.outlets:
            view = View(f"outlet/{outlet.id}", f"outlets/{outlet.id}", outlet.id)
            yield Reader(view.suffix, outlet.name, outlet.contact_email, view)


def _queue(session: Session, occasion: Occasion, reader: Reader, now: datetime) -> str | None:
    """Put the reader's mail into the outbox; its key, or None when there is nothing for them."""
    row = stored(session, _key(occasion, reader.view.suffix))
    if row is None:
        # An outlet that had no part in the week; a leader who joined after the reports were made.
        return None
    key = f"{occasion.key}:{reader.id}"
    mail = addressed(row.message, f"{reader.name} <{reader.email}>")
    queue(session, key=key, recipient=reader.email, message=mail, now=now)
    return key
