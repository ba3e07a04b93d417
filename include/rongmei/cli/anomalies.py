"""异常 on the command line: what looks odd in the figures, and a person's decision about it."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from rongmei.cli.common import By, group, heading, out, show, table
from rongmei.clock import spoken, utcnow
from rongmei.config import CHANNEL_NAMES, load_campaign
from rongmei.errors import BadInput
from rongmei.ledger import Ledger
from rongmei.ledger.anomalies import Flag, flags
from rongmei.metrics import anomalies
from rongmei.settings import Settings, load_settings

anomaly = group("数据异常：突增、比例、整数、匀速、回落；只有人能剔除")

MOST_SHOWN = 100
Number = Annotated[int, typer.Argument(help="异常编号，见 list")]
Why = Annotated[str, typer.Option("--why", help="依据，写给以后查账的人看")]


@anomaly.command("check")
def anomalies_check() -> None:
    """现在检查一遍最近 26 小时有新数据的发布单；重复运行不会重复登记。"""
    with closing(_ledger()) as ledger:
        show(anomalies.flag_anomalies(ledger, now=utcnow()))


@anomaly.command("list")
def anomalies_list(
    edition: Annotated[str | None, typer.Option("--edition", help="只看这一期")] = None,
    campaign: Annotated[str | None, typer.Option("--campaign", help="只看这个活动")] = None,
    state: Annotated[str | None, typer.Option("--state", help="flagged 待人判断、excluded 不计、cleared 照计")] = None,
) -> None:
    """列出异常，新的在前。"""
    if state is not None and state not in anomalies.STATE_NAMES:
        raise BadInput(f"没有状态“{state[:20]}”", where="--state", mend="写 flagged、excluded 或 cleared")
    with closing(_ledger()) as ledger, ledger.read() as session:
        states = (state,) if state else tuple(anomalies.STATE_NAMES)
        found = flags(session, states=states, edition=edition, campaign=campaign, limit=MOST_SHOWN)
    heading(f"异常 {len(found)} 条" + ("（只列最近的）" if len(found) == MOST_SHOWN else ""))
    for one in found:
        _print(one)


@anomaly.command("exclude")
def anomalies_exclude(number: Number, by: By, why: Why) -> None:
    """剔除：这一段增长不计入考核，之后的照计；已冻结的考核不变，走申诉。"""
    with closing(_ledger()) as ledger:
        _may_decide(ledger, load_settings(), number, by)
        _tell(anomalies.exclude(ledger, number, by=by, why=why, now=utcnow()))


@anomaly.command("clear")
def anomalies_clear(number: Number, by: By, why: Why) -> None:
    """照计：数据没有问题，或不影响公平；以后不再提。"""
    with closing(_ledger()) as ledger:
        _may_decide(ledger, load_settings(), number, by)
        _tell(anomalies.clear(ledger, number, by=by, why=why, now=utcnow()))


def _ledger() -> Ledger:
    return Ledger(load_settings().ledger_url)


def _may_decide(ledger: Ledger, settings: Settings, number: int, by: str) -> None:
    """Only a person of the campaign's cluster; the name stands in the account books."""
    with ledger.read() as session:
        campaign = anomalies.campaign_of(session, number)
    load_campaign(settings.config, campaign).cluster.person(by)


def _tell(effect: anomalies.Effect) -> None:
    name = anomalies.MEASURE_NAMES[effect.measure]
    table(
        ["发布单", "指标", "平台最近的数", "现在计入", "决定"],
        [
            (
                f"#{effect.publication_id}",
                name,
                _figure(effect.reported),
                _figure(effect.counts),
                anomalies.STATE_NAMES[effect.state],
            )
        ],
    )


def _figure(value: int | None) -> str:
    return "不知道" if value is None else f"{value:,}"


def _print(one: Flag) -> None:
    kind, state = anomalies.KIND_NAMES.get(one.kind, one.kind), anomalies.STATE_NAMES[one.state]
    channel = CHANNEL_NAMES.get(one.channel, one.channel)
    heading(f"#{one.id}  {kind}（{anomalies.MEASURE_NAMES.get(one.measure, one.measure)}）  {state}")
    out.print(f"  {one.edition}  {one.outlet}  {channel}  发布单 #{one.publication_id}《{one.title}》", markup=False)
    out.print(f"  {one.words}", markup=False, soft_wrap=True)
    if one.decided_by:
        out.print(f"  {one.decided_by}，{spoken(one.decided_at)}：{one.why}", markup=False, soft_wrap=True)
