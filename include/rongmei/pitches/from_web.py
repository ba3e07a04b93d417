"""Takes in what feeds and hot boards say about the campaign's topic."""

from __future__ import annotations

from collections.abc import Iterable

import requests

from rongmei.boards import BOARDS
from rongmei.config import BoardSource, FeedSource
from rongmei.errors import BadInput, TryLater
from rongmei.ledger import lock_edition
from rongmei.ledger.boards import BoardLine, save_board_lines
from rongmei.pitches.harvest import Harvest, Web
from rongmei.pitches.leads import board_findings, feed_findings, take_in
from rongmei.pitches.merge import merge_duplicates
from rongmei.pitches.sources.base import RawPitch, Reading
from rongmei.pitches.sources.feed import fetch_feed
from rongmei.pitches.window import cutoff, is_past, window


def take_feed(harvest: Harvest, source: FeedSource, web: Web) -> int:
    """Leads and pitches from the feed's items that are on the topic; how many pitches were merged."""
    plan, now = harvest.plan, harvest.now
    items = list(_feed_items(harvest, source, web))
    until = cutoff(harvest.edition, now)
    findings, harvest.tally.unmatched = feed_findings(
        plan.campaign, items, now=now, until=until, at_home=source.outlet is not None
    )
    with harvest.ledger.begin() as session:
        locked = lock_edition(session, harvest.edition.key)
        take_in(session, plan.campaign, locked, source, findings, harvest.tally, now=now)
        return merge_duplicates(session, plan, locked, now=now)


def _feed_items(harvest: Harvest, source: FeedSource, web: Web) -> Iterable[RawPitch]:
    """Items of every address of the source, each once."""
    items: dict[str, RawPitch] = {}
    for address in source.urls:

        def get(url: str, session: requests.Session, inside: bool) -> Reading:
            return fetch_feed(url, session, source_id=source.id, outlet=source.outlet, allow_private=inside)

        try:
            reading = web.ask(address, get)
        except BadInput as error:
            harvest.refuse(source.id, error, source.name)
        except TryLater as error:
            harvest.later.append(error)
        else:
            harvest.rejected += reading.rejected
            for item in reading.pitches:
                items.setdefault(item.ref, item)
    return items.values()


def take_board(harvest: Harvest, source: BoardSource, web: Web) -> int:
    """Store the board as it stands, then leads and pitches from what stood there lately; how many were merged."""
    plan, now = harvest.plan, harvest.now
    lines = _live_lines(harvest, source, web) if source.url and not is_past(harvest.edition, now) else []
    stretch = window(harvest.edition, plan.campaign.pitching.board_window_hours, now)
    with harvest.ledger.begin() as session:
        locked = lock_edition(session, harvest.edition.key)
        if lines:
            # Whole minutes: a retry within the minute adds no second sighting.
            minute = now.replace(second=0, microsecond=0)
            save_board_lines(session, source.board, minute, lines)
        findings, harvest.tally.unmatched = board_findings(session, plan.campaign, source, stretch)
        take_in(session, plan.campaign, locked, source, findings, harvest.tally, now=now)
        return merge_duplicates(session, plan, locked, now=now)


def _live_lines(harvest: Harvest, source: BoardSource, web: Web) -> list[BoardLine]:
    """The board as it stands; none, and a report, when it cannot be read."""

    def get(url: str, session: requests.Session, inside: bool) -> list[BoardLine]:
        return BOARDS[source.board].read(session, url=url, allow_private=inside)

    try:
        return web.ask(source.url or "", get)
    except BadInput as error:
        harvest.refuse(source.id, error, source.name)
    except TryLater as error:
        harvest.later.append(error)
    return []
