"""Which part of the ledger a report is about: some campaigns of a cluster, real or rehearsed, over some days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from rongmei.clock import at_local
from rongmei.config import CHANNEL_NAMES, Campaign, ClusterPlan
from rongmei.ledger import CORRECTS, Edition, Publication, StoryVersion
from rongmei.mail.compose import one_line
from rongmei.reports.words import days_text

TITLE, WORDS = 120, 60
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Scope:
    """One reading of the ledger. Days are Shanghai's, both included.

    Attributes:
        only: ids of campaigns; None for all of the cluster's.
        outlet: id of the outlet whose own work alone is looked at; None for everybody's.
        issues: first and last day of the editions concerned; None for all of them.
    """

    session: Session
    plan: ClusterPlan
    first: date
    last: date
    now: datetime
    rehearsal: bool = False
    only: tuple[str, ...] | None = None
    outlet: str | None = None
    issues: tuple[date, date] | None = None

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """Its first moment, UTC."""
        return at_local(self.first, "00:00")

    @property
    def end(self) -> datetime:
        """The moment after its last, UTC; never later than `now`, for what is not over yet."""
        return min(at_local(self.last + DAY, "00:00"), self.now)

    @property
    def name(self) -> str:
        """The days in Chinese."""
        return days_text(self.first, self.last)

    def before(self, times: int = 1) -> Scope:
        """The stretch of as many days that ended where this one, or the one `times - 1` before it, begins."""
        shift = DAY * self.days * times
        return replace(self, first=self.first - shift, last=self.last - shift)

    def of(self, outlet: str) -> Scope:
        """The same for an outlet's own work."""
        return replace(self, outlet=outlet)

    @cached_property
    def campaigns(self) -> dict[str, Campaign]:
        """The campaigns by id."""
        every = self.plan.campaigns
        return every if self.only is None else {key: one for key, one in every.items() if key in self.only}

    @property
    def editions(self) -> ColumnElement[bool]:
        """Condition on `Edition`: one of ours."""
        mine: ColumnElement[bool] = Edition.campaign.in_(tuple(self.campaigns)) & (Edition.rehearsal == self.rehearsal)
        return mine if self.issues is None else mine & Edition.day.between(*self.issues)

    @property
    def publications(self) -> ColumnElement[bool]:
        """Condition on `Publication`: one of ours, and no correction note; of the outlet's accounts if one is meant."""
        mine: ColumnElement[bool] = Publication.edition_id.in_(select(Edition.id).where(self.editions))
        mine &= Publication.progress[CORRECTS].as_string().is_(None)
        return mine if self.outlet is None else mine & (Publication.outlet == self.outlet)

    # ── names ────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _outlets(self) -> dict[str, str]:
        return {outlet.id: outlet.name for outlet in self.plan.cluster.outlets}

    @cached_property
    def _handles(self) -> dict[str, str]:
        return {f"{outlet.id}/{one.channel}": one.handle for outlet, one in self.plan.cluster.accounts()}

    def outlet_name(self, outlet_id: str | None) -> str:
        """What the outlet is called; an outlet that has left the cluster goes by its id."""
        return "—" if outlet_id is None else self._outlets.get(outlet_id) or one_line(outlet_id, WORDS)

    def account_name(self, account: str) -> str:
        """`微博“茶山融媒”`."""
        outlet, _, channel = account.partition("/")
        return f"{channel_name(channel)}“{self._handles.get(account) or self.outlet_name(outlet)}”"

    def campaign_name(self, campaign: str) -> str:
        """What the campaign is called."""
        found = self.plan.campaigns.get(campaign)
        return found.name if found else one_line(campaign, WORDS)

    def titles(self, version_ids: Iterable[int]) -> dict[int, str]:
        """The titles of story versions by their ids."""
        wanted = list(set(version_ids))
        rows = self.session.execute(select(StoryVersion.id, StoryVersion.title).where(StoryVersion.id.in_(wanted)))
        return {version_id: one_line(title, TITLE) or "（无题稿件）" for version_id, title in rows.tuples()}


def channel_name(channel: str) -> str:
    """What readers call a channel."""
    return CHANNEL_NAMES.get(channel) or one_line(channel, WORDS)


def each_day(first: date, last: date) -> Iterator[date]:
    """The days from the first to the last, both included."""
    return (first + DAY * number for number in range((last - first).days + 1))


def in_order(names: Iterable[str], listed: Sequence[str]) -> list[str]:
    """The names in the order of a list; those that are not on it come last, by name."""
    places = {name: place for place, name in enumerate(listed)}
    return sorted(names, key=lambda one: (places.get(one, len(places)), one))
