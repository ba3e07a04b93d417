"""What the desk says about pitches on the command line: pin, veto, order from above, hand out the pitch sheet."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from rongmei import pitches
from rongmei.cli.common import By, Key, at, out, show
from rongmei.cli.planning import edition_of_pitch, pitch
from rongmei.clock import utcnow
from rongmei.config import load_campaign
from rongmei.desk import sandbox_now
from rongmei.ledger import Assignment, Edition, Ledger
from rongmei.settings import load_settings

commands = pitch
"""`rongmei pitches …`: those below and those of `planning`."""
PitchId = Annotated[int, typer.Argument(help="选题编号，见 rongmei pitches list 期次")]
Why = Annotated[str, typer.Option(help="理由；留在记录里")]


@pitch.command("pin")
def pitches_pin(pitch_id: PitchId, by: By, why: Why) -> None:
    """置顶：不论得分都上会，排在最前，占入围名额。选题会决定之前都可以。"""
    _mark(pitch_id, pitches.PINNED, by, why)


@pitch.command("veto")
def pitches_veto(pitch_id: PitchId, by: By, why: Why) -> None:
    """否决：不论得分都不上会，理由写进结果邮件。选题会决定之前都可以。"""
    _mark(pitch_id, pitches.VETOED, by, why)


@pitch.command("unmark")
def pitches_unmark(pitch_id: PitchId, by: By, why: Why) -> None:
    """取消置顶或否决。"""
    _mark(pitch_id, None, by, why)


def _mark(pitch_id: int, mark: pitches.MarkKind | None, by: str, why: str) -> None:
    with at(edition_of_pitch(pitch_id)) as desk:
        done = pitches.mark_pitch(desk.ledger, desk.plan, pitch_id, mark, by=by, why=why, now=desk.now())
    place = f"，名单第 {done.listed} 位" if done.listed else "，不在名单上" if done.mark else ""
    out.print(f"选题 #{done.pitch}：{done.mark or '没有置顶也没有否决'}{place}", markup=False, soft_wrap=True)
    out.print("选题会的页面已经发出的，清除“选题会”任务，页面会按现在的名单重发。", markup=False, soft_wrap=True)


@pitch.command("direct")
def pitches_direct(
    campaign: Annotated[str, typer.Argument(help="活动标识，例如 cunchao")],
    by: By,
    title: Annotated[str, typer.Option(help="题目")],
    why: Annotated[str, typer.Option(help="为什么要做；留在记录里，媒体也看得到")],
    outlet: Annotated[str | None, typer.Option(help="指定的媒体标识；不写由求最优分工决定")] = None,
    summary: Annotated[str, typer.Option(help="内容和要求")] = "",
    place: Annotated[str | None, typer.Option(help="地点")] = None,
    column: Annotated[str | None, typer.Option(help="栏目")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="渠道，可写多个")] = None,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="哪一期；不写是今天或下一期")] = None,
    rehearsal: Annotated[bool, typer.Option(help="下给彩排")] = False,
) -> None:
    """下指令：编辑部自上而下的任务，不经选题会，直接派单。"""
    wanted = pitches.Directive(
        title=title,
        why=why,
        by=by,
        outlet=outlet,
        summary=summary,
        place=place,
        column=column,
        channels=tuple(channel or ()),
        day=day.date() if day else None,
    )
    settings = load_settings()
    plan = load_campaign(settings.config, campaign)
    now = sandbox_now(settings.sandbox_url) if rehearsal and settings.sandbox_url else utcnow()
    with closing(Ledger(settings.ledger_url)) as ledger:
        done = pitches.direct(ledger, plan, wanted, rehearsal=rehearsal, now=now)
        with ledger.read() as session:
            offers = select(Assignment.id).join(Edition, Edition.id == Assignment.edition_id)
            offered = session.scalar(offers.where(Edition.key == done.edition).limit(1)) is not None
    if done.pitch is None:
        out.print(f"已记下（来稿线索 #{done.submission}），到期次开出时成为选题并派单。", markup=False, soft_wrap=True)
        return
    out.print(f"已下到 {done.edition}，选题 #{done.pitch}。", markup=False, soft_wrap=True)
    if offered:
        whom = outlet or "媒体标识"
        order = f"rongmei assignments hand-out {done.edition} {done.pitch} {whom} --by {by}"
        out.print(f"这一期已经派过单，请直接派给媒体：{order}", markup=False, soft_wrap=True)


@pitch.command("tell")
def pitches_tell(key: Key) -> None:
    """把选题会的结果用邮件告知报题的媒体，一家一封；再运行一次，只发还没发出的。"""
    with at(key) as desk:
        show(pitches.tell_outcomes(desk.ledger, desk.plan, key, transport=desk.transport, clock=desk.now))


@pitch.command("template")
def pitches_template(
    output: Annotated[Path, typer.Option("-o", "--output", help="写到哪里，.xlsx")],
    campaign: Annotated[str, typer.Option(help="活动标识")],
    outlet: Annotated[str | None, typer.Option(help="媒体标识：媒体一栏替它填好")] = None,
) -> None:
    """生成报题表：中文表头、下拉选项、示例；媒体填好放进收件夹，或作为附件发来。"""
    plan = load_campaign(load_settings().config, campaign)
    output.write_bytes(pitches.pitch_sheet(plan, outlet))
    out.print(f"已写出 {output}", markup=False, soft_wrap=True)
