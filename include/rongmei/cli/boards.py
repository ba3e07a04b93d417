"""热榜 on the command line: import archives, replay them, see what stood where, look at the boards, thin old lines."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from rongmei import metrics
from rongmei.boards import BOARDS
from rongmei.boards.words import rank_words, short_count
from rongmei.cli.common import group, heading, out, show, smtp, table
from rongmei.clock import at_local, local_date, spoken, utcnow
from rongmei.config import campaign_files, load_campaign
from rongmei.desk import SandboxClock
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, upgrade
from rongmei.ledger.hits import Hit, board_hits
from rongmei.metrics import hits
from rongmei.settings import Settings, load_settings

boards = group("热榜")

SHOWN_DAYS = 7
_UNREAD = {
    False: "没有可读的地址：活动里没有写 url，或 RONGMEI_SOURCES_BASE 没有设、指向沙箱（沙箱的榜只算彩排）",
    True: "没有开着的彩排期次，不看沙箱的榜",
}
DAY = ["%Y-%m-%d"]


@boards.command("import")
def boards_import(
    file: Annotated[Path, typer.Argument(help="热榜存档，CSV 或 CSV.GZ")],
    board: Annotated[str | None, typer.Option(help="只要这个榜：weibo、zhihu、douyin …")] = None,
) -> None:
    """导入热榜存档；再导一次不会重复。"""
    settings = load_settings()
    upgrade(settings.ledger_url)
    with closing(Ledger(settings.ledger_url)) as ledger:
        show(metrics.import_board(ledger, file, board=board))


@boards.command("watch")
def boards_watch(
    board: Annotated[str | None, typer.Argument(help="只看这个榜，默认看活动里写了网址的全部")] = None,
    rehearsal: Annotated[bool, typer.Option(help="看沙箱里的榜，给彩排用")] = False,
) -> None:
    """现在看一次榜：存下榜单，更新上榜记录，进前十的发提醒。"""
    settings = load_settings()
    if rehearsal and settings.sandbox_url is None:
        raise BadInput("没有沙箱", mend="设置环境变量 RONGMEI_SANDBOX，或去掉 --rehearsal")
    clock = SandboxClock(settings.sandbox_url) if rehearsal and settings.sandbox_url else utcnow
    plans, problems = hits.watched_plans(settings, local_date(clock()))
    for problem in problems:
        out.print(problem, markup=False, soft_wrap=True)
    with closing(Ledger(settings.ledger_url)) as ledger:
        for one in [_known(board)] if board else hits.named_boards(plans):
            heading(BOARDS[one].label)
            seen = hits.watch_board(ledger, settings, one, rehearsal=rehearsal, transport=smtp, clock=clock)
            show(seen)
            if not seen.lines:
                out.print(_UNREAD[rehearsal], soft_wrap=True)


@boards.command("replay")
def boards_replay(
    campaign: Annotated[list[str] | None, typer.Argument(help="活动，可写多个；不写就是全部")] = None,
    board: Annotated[list[str] | None, typer.Option(help="只看这些榜；默认账本里有的全部")] = None,
    since: Annotated[datetime | None, typer.Option("--from", help="从哪天起（含）", formats=DAY)] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="到哪天止（含）", formats=DAY)] = None,
) -> None:
    """把账本里存的热榜按当时的先后重看一遍，补出上榜记录；不发提醒。先用 import 导入存档。"""
    settings = load_settings()
    plans = [load_campaign(settings.config, name) for name in campaign or _campaigns(settings)]
    with closing(Ledger(settings.ledger_url)) as ledger:
        first, last = _stretch(ledger, since, until)
        with ledger.read() as session:
            kept = hits.boards_kept(session, first, last)
        for one in [_known(name) for name in board] if board else kept:
            heading(f"{BOARDS[one].label}  {first} 至 {last}")
            show(hits.replay(ledger, plans, one, first, last))


@boards.command("show")
def boards_show(
    campaign: Annotated[str, typer.Argument(help="活动")],
    day: Annotated[datetime | None, typer.Option("--day", help="只看这一天", formats=DAY)] = None,
    since: Annotated[datetime | None, typer.Option("--from", help="从哪天起（含）；默认一周前", formats=DAY)] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="到哪天止（含）；默认今天", formats=DAY)] = None,
    rehearsal: Annotated[bool, typer.Option(help="看彩排的")] = False,
    paid: Annotated[bool, typer.Option("--paid", help="付费推广位也列出")] = False,
) -> None:
    """活动的哪些话题上过哪个榜：最高名次、在榜时间、最高热度、依据。"""
    settings = load_settings()
    plan = load_campaign(settings.config, campaign)
    today = local_date(utcnow())
    asked_first, asked_last = day or since, day or until
    first = asked_first.date() if asked_first else today - timedelta(days=SHOWN_DAYS - 1)
    last = asked_last.date() if asked_last else max(today, first)
    if last < first:
        raise BadInput(f"{last} 早于 {first}", where="--to", mend="把两个日期对调")
    start, end = at_local(first, "00:00"), at_local(last + timedelta(days=1), "00:00")
    with closing(Ledger(settings.ledger_url)) as ledger, ledger.read() as session:
        found = board_hits(session, campaign, start, end, rehearsal=rehearsal, promoted=paid)
    heading(f"{plan.campaign.name}  {first} 至 {last}  上榜 {len(found)} 次")
    if found:
        _print(found)
    else:
        out.print("没有上榜记录。有存档没有重看的话：rongmei boards replay", markup=False, soft_wrap=True)


@boards.command("thin")
def boards_thin(
    everything: Annotated[bool, typer.Option("--all", help="从最早的一天做起，默认只做最近一周到期的")] = False,
) -> None:
    """精简旧榜单：14 天以前的，每小时留一份；上过榜的话题全部留下。"""
    settings = load_settings()
    with closing(Ledger(settings.ledger_url)) as ledger:
        show(hits.thin_boards(ledger, now=utcnow(), since=hits.first_day(ledger) if everything else None))


def _print(found: Sequence[Hit]) -> None:
    table(
        ["榜", "话题", "最高", "在榜", "最高热度", "上榜", "最后见到", "为什么算"],
        [
            (
                BOARDS[hit.board].label,
                hit.title + ("（付费）" if hit.promoted else ""),
                f"{rank_words(hit.best_position)}（{spoken(hit.best_at)}）",
                hits.lasted(hit.minutes, hit.blind_minutes),
                None if hit.peak_heat is None else short_count(hit.peak_heat),
                f"{spoken(hit.first_seen)} {rank_words(hit.first_position)}",
                f"{spoken(hit.last_seen)}" + ("" if hit.left_at else "，还在或没再看"),
                hit.why,
            )
            for hit in found
        ],
    )
    out.print(
        "热度是平台自己的数，不同的榜不能比；在榜时间只算看到它的两次观测之间，没有观测的时间不算。", soft_wrap=True
    )


def _known(board: str) -> str:
    if board not in BOARDS:
        raise BadInput(f"没有热榜“{board[:40]}”", mend=f"可用的有：{'、'.join(BOARDS)}")
    return board


def _campaigns(settings: Settings) -> list[str]:
    return [file.stem for file in campaign_files(settings.config)]


def _stretch(ledger: Ledger, since: datetime | None, until: datetime | None) -> tuple[date, date]:
    """The days to replay: all that the ledger has where the command does not say."""
    oldest = hits.first_day(ledger)
    if oldest is None:
        raise BadInput("账本里没有热榜", mend="先用 rongmei boards import 导入存档")
    first = since.date() if since else oldest
    last = until.date() if until else local_date(utcnow())
    if last < first:
        raise BadInput(f"{last} 早于 {first}", where="--to", mend="把两个日期对调")
    return first, last
