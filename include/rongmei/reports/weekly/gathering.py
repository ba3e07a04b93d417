"""Reads the ledger for a weekly review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from rongmei.channels import Quota, describe
from rongmei.config import rota_table
from rongmei.errors import BadInput
from rongmei.ledger import QuotaUse
from rongmei.reports.lines import DutyLine, QuotaLine, Ranking
from rongmei.reports.stretch import figures, scores, work
from rongmei.reports.stretch.scope import DAY, Scope
from rongmei.reports.weekly.context import BEST, WeeklyReview

WEEKS_BACK = 6
DUTY_WEEKS = 2
MANY = 12
"""Quotas listed, the fullest first."""


def gather(scope: Scope, key: str) -> WeeklyReview:
    """The review of the week of `scope`, as the ledger stands at its `now`."""
    channels = figures.channel_lines(scope)
    ranking = scores.ranking(scope)
    return WeeklyReview(
        key=key,
        cluster=scope.plan.cluster.name,
        first=scope.first,
        last=scope.last,
        made_at=scope.now,
        rehearsal=scope.rehearsal,
        outlet=scope.outlet_name(scope.outlet) if scope.outlet else "",
        channels=channels,
        days=figures.daily(replace(scope, first=scope.first - DAY * scope.days)),
        history=tuple(figures.history(scope, WEEKS_BACK)),
        funnel=work.funnel(scope),
        punctual=work.punctuality(scope),
        punctual_before=work.punctuality(scope.before()),
        ranking=_own(ranking, scope.outlet),
        best=figures.best_stories(scope, BEST, figures.summed(channels).reads),
        hits=work.hits(scope),
        troubles=work.troubles(scope),
        duty=tuple(_duty(scope)),
        quotas=tuple(_quotas(scope)),
        undecided=work.undecided(scope),
        appeals=scores.open_appeals(scope),
        outlets=len(ranking.lines),
    )


def _own(ranking: Ranking, outlet: str | None) -> Ranking:
    """An outlet sees its own line only; the medians in it are of all."""
    if outlet is None:
        return ranking
    return replace(ranking, lines=tuple(line for line in ranking.lines if line.outlet_id == outlet))


def _duty(scope: Scope) -> Iterator[DutyLine]:
    for week in rota_table(scope.plan.cluster, scope.last + DAY, DUTY_WEEKS):
        if scope.outlet in (None, week.outlet):
            holiday = f"；{week.holiday}" if week.holiday else ""
            yield DutyLine(week.monday, week.sunday, week.name, f"{week.why}{holiday}")


def _quotas(scope: Scope) -> Iterator[QuotaLine]:
    """What accounts have used of their quotas in the windows that run, the fullest first."""
    rows = scope.session.scalars(select(QuotaUse).where(QuotaUse.rehearsal == scope.rehearsal, QuotaUse.used > 0))
    own = {f"{outlet.id}/{account.channel}": account.limits for outlet, account in scope.plan.cluster.accounts()}
    lines = []
    for row in rows:
        outlet, _, channel = row.account.partition("/")
        if row.account not in own or scope.outlet not in (None, outlet):
            continue
        quota = next((one for one in _known(channel) if one.name == row.quota), None)
        if quota is not None and row.window_at + quota.window > scope.start:
            limit = own[row.account].get(row.quota, quota.limit)
            window = _window(quota.window)
            lines.append(QuotaLine(scope.account_name(row.account), quota.label, window, row.used, limit))
    yield from sorted(lines, key=lambda line: (-line.share, line.account))[:MANY]


def _known(channel: str) -> tuple[Quota, ...]:
    try:
        return describe(channel).capabilities.quotas
    except BadInput:
        return ()


def _window(length: timedelta) -> str:
    days, hours = length.days, length.seconds // 3600
    if days:
        return f"每 {days} 天" if days > 1 else "每天"
    return f"每 {hours} 小时" if hours else f"每 {length.seconds // 60} 分钟"
