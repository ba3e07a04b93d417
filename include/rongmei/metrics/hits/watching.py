"""The board watch: reads one board, keeps its lines, brings the stays of every campaign forward and sends the alerts.

What a campaign watches for is decided by what it names: boards with an address are read, and the campaign's topic is
looked for on the boards it names, with an address or without. A rehearsal reads the sandbox's boards and nothing else,
at the sandbox's time; its lines are not kept, only its stays, apart from the real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.boards import BOARDS
from rongmei.clock import local_date
from rongmei.config import BoardSource, Campaign, Plan, campaign_files, load_campaign, source_url
from rongmei.config.problems import ConfigErrors
from rongmei.errors import BadInput, TryLater
from rongmei.fetching import public_session
from rongmei.ledger import Edition, Ledger, Mail, Publication, StoryVersion
from rongmei.ledger.boards import BoardLine, save_board_lines
from rongmei.mail import Transport, deliver
from rongmei.metrics.hits.alerts import alert, mail_prefix, newly_on_top
from rongmei.metrics.hits.keeping import open_stays, sightings_of, store
from rongmei.metrics.hits.matching import Matcher, Published
from rongmei.metrics.hits.stays import LIVE, Roll, Sighting, Stay
from rongmei.settings import Settings

ABOUT_DAYS = 7
"""How long after a publication went live an entry may be about it."""
LEAST_LINES = 10
"""A shorter answer is a part of the board: what it does not show need not be gone."""
OVER_DAYS = 30
"""How long after its last season a campaign is still watched for."""
REHEARSED = timedelta(days=2)
"""How long after its beginning a rehearsal that nobody closed still counts as under way."""
SANDBOX_BOARDS = "/_sandbox"
"""Where the sandbox serves boards, below its address."""

OpenSession = Callable[[bool], requests.Session]
"""A web session; the argument says whether addresses inside the house may be asked."""


@dataclass(frozen=True)
class WatchSummary:
    """What one look at a board brought.

    Attributes:
        lines: on the board; kept: of them new in the ledger.
        on_board: stays that this look saw; opened: of them new ones; dropped: stays it saw no more.
        topped: stays that entered the top ten and are told of; queued: mails about them.
        problems: what went wrong and how to mend it, in Chinese.
    """

    board: str
    lines: int = 0
    kept: int = 0
    on_board: int = 0
    opened: int = 0
    dropped: int = 0
    topped: int = 0
    queued: int = 0
    sent: int = 0
    pending: int = 0
    failed: int = 0
    unknown: int = 0
    problems: tuple[str, ...] = ()


def _open_session(allow_private: bool) -> requests.Session:
    return public_session(allow_private=allow_private)


def named_boards(plans: Iterable[Plan]) -> tuple[str, ...]:
    """Boards that some campaign gives an address for, in the house's order."""
    named = {source.board for plan in plans for source in _sources(plan.campaign) if source.url}
    return tuple(board for board in BOARDS if board in named)


def watched_plans(settings: Settings, today: date | None) -> tuple[list[Plan], list[str]]:
    """Plans of the campaigns that are not over, and what is wrong with the files of others, in Chinese.

    Args:
        today: None for all campaigns, whatever the day.
    """
    plans, problems = [], []
    for file in campaign_files(settings.config):
        try:
            plan = load_campaign(settings.config, file.stem)
        except ConfigErrors as error:
            problems.append(f"活动 {file.stem} 的配置有误，这次没有监看：{error}")
            continue
        if today is None or not _is_over(plan.campaign, today):
            plans.append(plan)
    return plans, problems


def watch_board(
    ledger: Ledger,
    settings: Settings,
    board: str,
    *,
    rehearsal: bool,
    transport: Callable[[], Transport],
    clock: Callable[[], datetime],
    open_session: OpenSession = _open_session,
) -> WatchSummary:
    """Look at `board` once; looking again within the minute changes nothing.

    Args:
        rehearsal: look at the sandbox's board, for rehearsals.
        transport: opens the post; asked only when there is something to send.
        open_session: makes web sessions; another one in tests.

    Raises:
        BadInput: what the board answers cannot be used, or nothing can be asked.
        TryLater: the board cannot be read now.
        CredentialRefused: the mail server takes nothing from us; the mails stay in the outbox.
    """
    now = clock()
    plans, problems = watched_plans(settings, local_date(now))
    if rehearsal:
        plans = _rehearsing(ledger, plans, now)
    addresses = board_addresses(plans, board, settings, rehearsal=rehearsal)
    if not addresses:
        return WatchSummary(board, problems=tuple(problems))
    lines = _read(board, addresses, open_session)
    # Whole minutes: a retry within the minute adds no second sighting.
    moment = now.replace(second=0, microsecond=0)
    with ledger.begin() as session:
        kept = 0 if rehearsal else save_board_lines(session, board, moment, lines)
        stays, opened = take_look(session, plans, board, moment, lines, rehearsal=rehearsal)
        seen = [stay for stay in stays if stay.last_seen == moment]
        topped, queued = 0, 0
        for plan in plans:
            mine = newly_on_top((stay for stay in seen if stay.campaign == plan.campaign.id), moment)
            keys, trouble = alert(session, plan, board, mine, rehearsal=rehearsal, now=now)
            topped, queued, problems = topped + len(mine), queued + len(keys), [*problems, *trouble]
        waiting = _undelivered(session, board, rehearsal=rehearsal)
    sent = deliver(ledger, transport(), keys=waiting, clock=clock) if waiting else None
    return WatchSummary(
        board=board,
        lines=len(lines),
        kept=kept,
        on_board=len(seen),
        opened=opened,
        dropped=len(stays) - len(seen),
        topped=topped,
        queued=queued,
        sent=sent.sent if sent else 0,
        pending=sent.pending if sent else 0,
        failed=sent.failed if sent else 0,
        unknown=sent.unknown if sent else 0,
        problems=tuple(problems),
    )


def take_look(
    session: Session,
    plans: Sequence[Plan],
    board: str,
    moment: datetime,
    lines: Sequence[BoardLine],
    *,
    rehearsal: bool,
) -> tuple[list[Stay], int]:
    """Bring the stays on `board` forward by one look; those that it changed, with their ids, and how many are new."""
    published = live_publications(
        session, [plan.campaign.id for plan in plans], moment - timedelta(days=ABOUT_DAYS), moment, rehearsal=rehearsal
    )
    matcher = Matcher([plan.campaign for plan in plans], published, _places(plans))
    roll = Roll(LIVE, open_stays(session, board, moment, LIVE, rehearsal=rehearsal))
    changed = roll.look(moment, sightings(matcher, board, lines), complete=len(lines) >= LEAST_LINES)
    return store(session, board, changed, rehearsal=rehearsal), sum(1 for stay in changed if stay.id is None)


def sightings(matcher: Matcher, board: str, lines: Sequence[BoardLine]) -> list[Sighting]:
    """What of the board's lines concerns which campaign."""
    concerns = matcher.concerns(board, [line.title for line in lines])
    return [seen for line in lines for seen in sightings_of(line, concerns.get(line.title, ()))]


def live_publications(
    session: Session, campaigns: Sequence[str], since: datetime, until: datetime, *, rehearsal: bool
) -> list[Published]:
    """What these campaigns had live between two moments."""
    rows = session.execute(
        select(
            Publication.id,
            Edition.campaign,
            Publication.channel,
            StoryVersion.title,
            StoryVersion.tags,
            Publication.live_at,
        )
        .join(StoryVersion, StoryVersion.id == Publication.version_id)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(Publication.state == "live", Publication.live_at >= since, Publication.live_at <= until)
        .where(Edition.rehearsal == rehearsal, Edition.campaign.in_(campaigns))
    ).tuples()
    return [
        Published(number, campaign, channel, title, tuple(str(tag) for tag in tags), live_at)
        for number, campaign, channel, title, tags, live_at in rows
        if live_at is not None
    ]


def board_addresses(
    plans: Iterable[Plan], board: str, settings: Settings, *, rehearsal: bool
) -> tuple[tuple[str, bool], ...]:
    """Where the board may be read, each once: the address, and whether this installation itself completed it.

    A rehearsal asks the sandbox; a real watch never does, even where RONGMEI_SOURCES_BASE leads there.
    """
    sandbox = f"{(settings.sandbox_url or '').rstrip('/')}{SANDBOX_BOARDS}"
    base = sandbox if rehearsal else settings.sources_base
    if not rehearsal and base and settings.sandbox_url and _is_under(base, settings.sandbox_url):
        base = None
    found: dict[str, bool] = {}
    for plan in plans:
        for source in _sources(plan.campaign):
            address = source.url or ""
            inside = address.startswith("/")
            if source.board == board and address and inside >= rehearsal and (base or not inside):
                found.setdefault(source_url(address, base), inside)
    return tuple(found.items())


def _read(board: str, addresses: Sequence[tuple[str, bool]], open_session: OpenSession) -> list[BoardLine]:
    """The board from the first address that gives it."""
    troubles: list[BadInput | TryLater] = []
    for url, inside in addresses:
        with open_session(inside) as session:
            try:
                return BOARDS[board].read(session, url=url, allow_private=inside)
            except (BadInput, TryLater) as error:
                troubles.append(error)
    raise troubles[0]


def _undelivered(session: Session, board: str, *, rehearsal: bool) -> list[str]:
    """Alerts about the board that still lie in the outbox, those of earlier looks included."""
    prefix = mail_prefix(board, rehearsal=rehearsal)
    return list(
        session.scalars(
            select(Mail.key)
            .where(Mail.key.startswith(prefix, autoescape=True), Mail.state.in_(("pending", "sending")))
            .order_by(Mail.id)
        )
    )


def _rehearsing(ledger: Ledger, plans: Sequence[Plan], now: datetime) -> list[Plan]:
    """Campaigns with a rehearsal under way: nobody wants mails about invented boards when nobody rehearses."""
    with ledger.read() as session:
        rows = select(Edition.campaign).where(
            Edition.rehearsal, Edition.opened_at >= now - REHEARSED, Edition.state == "open"
        )
        campaigns = set(session.scalars(rows))
    return [plan for plan in plans if plan.campaign.id in campaigns]


def _sources(campaign: Campaign) -> list[BoardSource]:
    return [source for source in campaign.sources if isinstance(source, BoardSource)]


def _is_over(campaign: Campaign, today: date) -> bool:
    return bool(campaign.seasons) and all(season.end + timedelta(days=OVER_DAYS) < today for season in campaign.seasons)


def _is_under(address: str, base: str) -> bool:
    return f"{address.rstrip('/')}/".startswith(f"{base.rstrip('/')}/")


def _places(plans: Iterable[Plan]) -> list[str]:
    return [region for plan in plans for outlet in plan.cluster.outlets for region in outlet.regions]
