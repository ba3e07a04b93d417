"""轮值 on the command line."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

from rongmei.cli.common import group, heading, out, table
from rongmei.clock import local_date, utcnow
from rongmei.config import Cluster, load_house, rota_table, tally
from rongmei.errors import BadInput
from rongmei.settings import load_settings

rota = group("轮值")
WEEKDAYS = "一二三四五六日"


@rota.command("show")
def rota_show(
    weeks: Annotated[int, typer.Option(help="排几周")] = 12,
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从哪一天所在的周起，默认本周")] = None,
    cluster: Annotated[str | None, typer.Option(help="集群标识；只有一个集群时不用写")] = None,
) -> None:
    """列出每周由哪家媒体值班，为什么轮到它，各家分担多少。"""
    chosen = _cluster(cluster)
    made = rota_table(chosen, start.date() if start else local_date(utcnow()), weeks)
    heading(f"{chosen.name} 轮值表")
    table(
        ["周", "值班媒体", "长假与调休", "说明"],
        [
            (f"{week.monday} 至 {week.sunday:%m-%d}", week.name, _remarks(week.holiday, week.workdays), week.why)
            for week in made
        ],
    )
    shares = tally(made)
    counts = [share.turns for share in shares.values()]
    resting = len(chosen.rota.order) - len(shares)
    fewest = 0 if resting else min(counts)
    out.print(f"{len(made)} 周里最多的值 {max(counts)} 周，最少的值 {fewest} 周；{resting} 家这段时间不值班")


def _cluster(wanted: str | None) -> Cluster:
    clusters = load_house(load_settings().config).clusters
    if wanted is None and len(clusters) == 1:
        return next(iter(clusters.values()))
    if found := clusters.get(wanted or ""):
        return found
    what = f"没有集群“{wanted}”" if wanted else "不知道是哪个集群"
    raise BadInput(what, mend=f"用 --cluster 写明：{'、'.join(sorted(clusters))}")


def _remarks(holiday: str, workdays: tuple[date, ...]) -> str:
    made_up = [f"{day:%m-%d}（周{WEEKDAYS[day.weekday()]}）上班" for day in workdays]
    return "；".join(part for part in (holiday, *made_up) if part)
