"""What people do to publications by hand on the command line: report a hand-off, move one to another time, sweep."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape

from rongmei import publishing
from rongmei.cli.common import By, Key, at, out, show
from rongmei.clock import SHANGHAI, spoken
from rongmei.config import CHANNEL_NAMES

Number = Annotated[int, typer.Argument(help="发布单编号，见 rongmei publish list 期次")]


def hand_over(
    key: Key,
    publication_id: Number,
    url: Annotated[str, typer.Option(help="读者看到的网址")],
    by: By,
) -> None:
    """登记人工发布的网址：这张发布单就算上线了。"""
    with at(key) as desk:
        publishing.hand_over(desk.ledger, publication_id, url=url, by=by, now=desk.now())
    out.print(f"发布单 #{publication_id} 已上线：{escape(url)}")


def cancel_handoff(
    key: Key, publication_id: Number, by: By, why: Annotated[str, typer.Option(help="为什么不发了")]
) -> None:
    """人工发布的这一条不发了。"""
    with at(key) as desk:
        publishing.cancel_handoff(desk.ledger, publication_id, by=by, why=why, now=desk.now())
    out.print(f"发布单 #{publication_id} 已取消")


def reschedule(
    key: Key,
    publication_id: Number,
    by: By,
    to: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], help="北京时间；不写就用系统建议的时间"),
    ] = None,
) -> None:
    """改期：等待发布或错过时段的发布单换一个时间。"""
    moment = to.replace(tzinfo=SHANGHAI) if to else None
    with at(key) as desk:
        now_at = publishing.reschedule(desk.ledger, publication_id, at=moment, by=by, now=desk.now())
    out.print(f"发布单 #{publication_id} 改到 {spoken(now_at)}，到时由巡检发出")


def stuck(key: Key) -> None:
    """列出因凭据被拒而停着的账号。"""
    found = False
    with at(key) as desk:
        for channel in desk.plan.campaign.publishing.channels:
            for one in publishing.stuck(desk.ledger, key, channel):
                found = True
                out.print(f"{CHANNEL_NAMES[channel]} {one.account}：{one.publications} 条在等。{one.why}", markup=False)
    if not found:
        out.print("没有停着的账号")


def chase(key: Key) -> None:
    """给还没登记网址的人工发布发催办邮件；每条最多三次。"""
    with at(key) as desk:
        show(publishing.chase(desk.ledger, desk.plan, key, transport=desk.transport, clock=desk.now))


def sweep(key: Key) -> None:
    """巡检这一期所在活动的全部期次：核实结果不明的，标记错过的，接着做撤稿和更正。"""
    with at(key) as desk:
        show(publishing.sweep(desk.ledger, desk.plan, rehearsal=desk.rehearsal, connect=desk.connect, clock=desk.now))
        show(
            publishing.carry_out(
                desk.ledger,
                desk.plan,
                rehearsal=desk.rehearsal,
                connect=desk.connect,
                media=desk.settings.media,
                clock=desk.now,
            )
        )
