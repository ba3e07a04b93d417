"""Figures on the command line: read them now, see one publication's series, make the days anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from rongmei import metrics
from rongmei.channels import all_channels
from rongmei.cli.common import at, each_channel, file_credentials, heading, out, show, smtp, table
from rongmei.clock import local, spoken
from rongmei.config import CHANNEL_NAMES, ConfigErrors, Plan, campaign_files, load_campaign
from rongmei.desk import Desk
from rongmei.errors import BadInput
from rongmei.ledger import DueReading, Ledger, Publication, Snapshot
from rongmei.ledger.numbers import series
from rongmei.ledger.tables import COUNTS
from rongmei.mail.compose import one_line
from rongmei.settings import load_settings

NAMES = dict(zip(COUNTS, ("阅读", "点赞", "评论", "转发", "在看", "收藏"), strict=True))
MOST = 200
MAX_TITLE = 60


def metrics_collect(
    key: Annotated[
        str | None, typer.Argument(help="期次，例如 cunchao/2026-06-06；不写就读所有活动里到时候该读的")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="只读这个渠道")] = None,
) -> None:
    """读各平台的数据：写了期次就全读一遍，不写就只读到时候该读的。"""
    if key is None:
        _collect_due(channel)
        return
    with at(key) as desk:
        each_channel(
            desk,
            channel,
            lambda one: metrics.collect(desk.ledger, desk.plan, key, one, connect=desk.connect, clock=desk.now),
        )


def metrics_show(
    publication: Annotated[int, typer.Argument(metavar="PUBLICATION", help="发布单编号")],
    limit: Annotated[int, typer.Option(help="最多列出几行，从最近的算", min=1, max=10_000)] = MOST,
) -> None:
    """列出一条发布单的数据变化：每行从首次见到起，到最后见到为止都是这些数。"""
    with closing(Ledger(load_settings().ledger_url)) as ledger, ledger.read() as session:
        found = session.get(Publication, publication)
        if found is None:
            raise BadInput(f"没有发布单 #{publication}", mend="编号见考核报告，或 rongmei history 期次")
        rows = series(session, [publication]).get(publication, [])
        heading(f"发布单 #{publication} {one_line(found.version.title, MAX_TITLE)}（{found.account}），时间为北京时间")
        shown = [name for name in COUNTS if any(getattr(row, name) is not None for row in rows)]
        table(
            ["截至", "首次见到", "最后见到", *(NAMES[name] for name in shown), "说明"],
            [_line(row, shown) for row in rows[-limit:]],
        )
        if len(rows) > limit:
            out.print(f"前面还有 {len(rows) - limit} 行，要看更多就用 --limit", markup=False)
        out.print(_next(session, publication, known=bool(rows)), markup=False)


def metrics_rebuild() -> None:
    """按快照重算日汇总；结果应与原来一样，只在改过快照或怀疑汇总有误时才用。"""
    with closing(Ledger(load_settings().ledger_url)) as ledger:
        out.print(f"重算了 {metrics.rebuild_days(ledger)} 条发布单的日汇总", markup=False)


def _collect_due(channel: str | None) -> None:
    known = [name for name, one in all_channels().items() if one.capabilities.reports]
    if channel is not None and channel not in known:
        raise BadInput(f"渠道“{channel[:20]}”不报数据", where="--channel", mend=f"写其中一个：{'、'.join(known)}")
    for desk, plans in _desks():
        with closing(desk.ledger):
            for one in [channel] if channel else known:
                if metrics.any_due(desk.ledger, one, rehearsal=desk.rehearsal):
                    heading(f"{CHANNEL_NAMES[one]}{'（彩排）' if desk.rehearsal else ''}")
                    show(
                        metrics.collect_due(
                            desk.ledger, plans, one, rehearsal=desk.rehearsal, connect=desk.connect, clock=desk.now
                        )
                    )


def _desks() -> Iterator[tuple[Desk, list[Plan]]]:
    """The real editions' desk and the rehearsals', with the plans of all campaigns that read well."""
    settings = load_settings()
    plans = []
    for file in campaign_files(settings.config):
        with suppress(ConfigErrors):
            plans.append(load_campaign(settings.config, file.stem))
    if not plans:
        raise BadInput("没有一个能用的活动文件", mend="运行 rongmei check 看问题在哪")
    for rehearsal in (False, True) if settings.sandbox_url else (False,):
        yield Desk(settings, plans[0], "", rehearsal, file_credentials, smtp), plans


def _line(row: Snapshot, shown: list[str]) -> list[str]:
    until = f"{local(row.observed_at):%m-%d %H:%M}"
    by_day = row.about_day < local(row.observed_at).date()
    notes = [("已删除，保留最后的数据", row.gone), ("比上次少", row.fell), ("按天", by_day)]
    return [
        f"{row.about_day:%m-%d} 24:00" if by_day else until,
        until,
        f"{local(row.last_seen_at):%m-%d %H:%M}",
        *(_figure(row, name) for name in shown),
        "，".join(words for words, so in notes if so) or "—",
    ]


def _figure(row: Snapshot, name: str) -> str:
    known = row.bounds(name)
    if known is None:
        return "—"
    low, high = known
    if high == low:
        return f"{low:,}"
    return f"至少 {low:,}" if high is None else f"{low:,} 到 {high:,}"


def _next(session: Session, publication: int, *, known: bool) -> str:
    plan = session.get(DueReading, publication)
    nothing = "" if known else "平台还没有给出数据。"
    if plan is None:
        return f"{nothing}还没有读过"
    then = f"下次 {spoken(plan.due_at)} 以后" if plan.due_at else "不再读"
    return f"{nothing}最近一次读是 {spoken(plan.read_at)}，{then}"
