"""选题征集 and 跨媒体派单 on the command line."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from typing import Annotated

import typer
from rich.markdown import Markdown
from sqlalchemy import select

from rongmei import assignments, pitches
from rongmei.access import links_of
from rongmei.cli.common import By, Key, at, group, heading, out, show, table
from rongmei.clock import spoken, utcnow
from rongmei.desk import sandbox_now
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Edition, Ledger, Pitch
from rongmei.pitches.marks import MARK_NAMES
from rongmei.settings import load_settings

pitch = group("选题征集")
assignment = group("跨媒体派单")


class Reply(StrEnum):
    """An outlet's answer."""

    ACCEPT = "accept"
    DECLINE = "decline"


@pitch.command("collect")
def pitches_collect(key: Key, source: Annotated[str | None, typer.Option(help="只收这个来源")] = None) -> None:
    """收选题：表格、订阅源、热榜。"""
    with at(key) as desk:
        for one in desk.plan.campaign.sources:
            if source in (None, one.id):
                heading(one.name)
                show(pitches.collect(desk.ledger, desk.plan, key, one.id, settings=desk.settings, now=desk.now()))


@pitch.command("shortlist")
def pitches_shortlist(key: Key) -> None:
    """打分，定入围名单。"""
    with at(key) as desk:
        show(pitches.shortlist(desk.ledger, desk.plan, key, now=desk.now()))


@pitch.command("meeting")
def pitches_meeting(key: Key) -> None:
    """显示选题会要看的表。"""
    with at(key) as desk:
        sheet = pitches.meeting(desk.ledger, desk.plan, key)
        heading(sheet.subject)
        out.print(Markdown(sheet.body))


@pitch.command("decide")
def pitches_decide(
    key: Key, accept: Annotated[list[int], typer.Argument(help="采用的选题编号")], by: By, note: str = ""
) -> None:
    """记录选题会的决定；没有列出的留待下期或落选。"""
    with at(key) as desk:
        show(pitches.record_decisions(desk.ledger, desk.plan, key, accepted=accept, by=by, note=note, now=desk.now()))


@pitch.command("list")
def pitches_list(key: Key) -> None:
    """列出一期的选题与得分。"""
    with at(key) as desk:
        with desk.ledger.read() as session:
            rows = session.scalars(
                select(Pitch)
                .join(Edition)
                .where(Edition.key == key)
                .order_by(Pitch.score.desc().nulls_last(), Pitch.id)
            ).all()
        table(
            ["编号", "状态", "标记", "得分", "来源", "媒体", "题目"],
            [(r.id, _state(r), MARK_NAMES.get(r.desk_mark or ""), r.score, r.source, r.outlet, r.title) for r in rows],
        )


def _state(row: Pitch) -> str:
    return f"{row.state} → #{row.merged_into_id}" if row.merged_into_id else row.state


@pitch.command("unmerge")
def pitches_unmerge(
    pitch_id: Annotated[int, typer.Argument(help="被并入的选题编号")],
    by: By,
    why: Annotated[str, typer.Option(help="为什么是两件事；留在记录里")],
) -> None:
    """把自动合并错的选题拆开，重新单独上会；拆开后不再自动合并。"""
    with at(edition_of_pitch(pitch_id)) as desk:
        desk.plan.cluster.person(by)
        show(pitches.unmerge(desk.ledger, pitch_id, by=by, why=why, now=desk.now()))


def edition_of_pitch(pitch_id: int) -> str:
    """Key of the edition that a pitch belongs to.

    Raises:
        BadInput: there is no such pitch.
    """
    with closing(Ledger(load_settings().ledger_url)) as ledger, ledger.read() as session:
        found = session.get(Pitch, pitch_id)
        key = session.get_one(Edition, found.edition_id).key if found else None
    if key is None:
        raise BadInput("没有这条选题", where=f"选题 #{pitch_id}", mend="用 rongmei pitches list 期次 核对编号")
    return key


@assignment.command("assign")
def assignments_assign(key: Key) -> None:
    """求最优分工并派出。"""
    with at(key) as desk:
        show(assignments.assign(desk.ledger, desk.plan, key, now=desk.now()))


@assignment.command("notify")
def assignments_notify(key: Key) -> None:
    """把任务用邮件通知各媒体。"""
    with at(key) as desk:
        links = links_of(desk.settings)
        show(assignments.notify(desk.ledger, desk.plan, key, transport=desk.transport, clock=desk.now, links=links))


@assignment.command("link")
def assignments_link(assignment_id: Annotated[int, typer.Argument(help="任务编号")], by: By) -> None:
    """给媒体一个新的答复链接（邮件丢了，或链接给了别人）；以前的链接随即作废。"""
    with at(_edition_of(assignment_id)) as desk:
        desk.plan.cluster.person(by)
        links = links_of(desk.settings)
        if links is None:
            mend = "设置环境变量 RONGMEI_BASE_URL，写媒体打得开的网址"
            raise BadInput("这套系统没有对外的网址，发不了链接", mend=mend)
        address = assignments.new_link(desk.ledger, links, assignment_id, by=by, now=desk.now())
    out.print("只给这家媒体；谁打开都可以替它答复：", markup=False, soft_wrap=True)
    out.print(address, markup=False, soft_wrap=True)


@assignment.command("extend")
def assignments_extend(
    assignment_id: Annotated[int, typer.Argument(help="任务编号")],
    hours: Annotated[int, typer.Argument(help="延几小时")],
    reason: Annotated[str, typer.Option(help="为什么需要更多时间")],
    by: Annotated[str, typer.Option(help="谁申请的")] = "命令行",
) -> None:
    """替媒体申请延时答复；一条任务一次，最多活动文件许可的小时数。"""
    with at(_edition_of(assignment_id)) as desk:
        done = assignments.extend(
            desk.ledger, desk.plan, assignment_id, hours=hours, by=by, reason=reason, now=desk.now()
        )
    out.print(f"任务 #{done.assignment_id} 的答复截止改为 {spoken(done.answer_by)}", markup=False, soft_wrap=True)


@assignment.command("remind")
def assignments_remind(key: Key) -> None:
    """提醒这个活动里快到时限还没答复的媒体，每条任务只提醒一次；没发出的派单邮件接着发。"""
    with at(key) as desk:
        show(
            assignments.nudge(
                desk.ledger,
                desk.plan,
                rehearsal=desk.rehearsal,
                transport=desk.transport,
                clock=desk.now,
                links=links_of(desk.settings),
            )
        )


@assignment.command("list")
def assignments_list(key: Key) -> None:
    """列出一期的任务。"""
    with at(key) as desk:
        with desk.ledger.read() as session:
            rows = session.execute(
                select(Assignment, Pitch.title)
                .join(Pitch, Pitch.id == Assignment.pitch_id)
                .join(Edition, Edition.id == Assignment.edition_id)
                .where(Edition.key == key)
                .order_by(Assignment.id)
            ).all()
        table(
            ["编号", "状态", "媒体", "轮次", "答复截止", "题目"],
            [(a.id, a.state, a.outlet, a.round, spoken(a.answer_by), title) for a, title in rows],
        )


@assignment.command("why")
def assignments_why(assignment_id: Annotated[int, typer.Argument(help="任务编号")]) -> None:
    """说明一项任务为什么派给这家媒体，为什么不派给别家。"""
    with at(_edition_of(assignment_id)) as desk:
        for line in assignments.explain(desk.ledger, desk.plan, assignment_id):
            out.print(line, markup=False, soft_wrap=True)


def _edition_of(assignment_id: int) -> str:
    with closing(Ledger(load_settings().ledger_url)) as ledger:
        key = assignments.edition_of(ledger, assignment_id)
    if key is None:
        raise BadInput("没有这条任务", where=f"任务 #{assignment_id}", mend="用 rongmei assignments list 期次 核对编号")
    return key


@assignment.command("hand-out")
def assignments_hand_out(
    key: Key,
    pitch_id: Annotated[int, typer.Argument(help="选题编号，见 rongmei pitches list 期次")],
    outlet: Annotated[str, typer.Argument(help="媒体标识（集群文件里的 id）")],
    by: By,
    partner: Annotated[list[str] | None, typer.Option(help="协同的媒体标识，可写多个")] = None,
) -> None:
    """人工派单：把一条已采用、没有媒体承担的选题派给指定的媒体，求最优分工时不再动它。"""
    with at(key) as desk:
        desk.plan.cluster.person(by)
        done = assignments.hand_out(
            desk.ledger, desk.plan, key, pitch_id, outlet, by=by, partners=partner or (), now=desk.now()
        )
        name = desk.plan.cluster.outlet(done.outlet).name
    out.print(f"选题 #{pitch_id} 已派给{name}，任务 #{done.assignment_id}", markup=False, soft_wrap=True)
    for words in done.passed:
        out.print(f"· 注意：{words}", markup=False, soft_wrap=True)
    out.print(f"通知它：rongmei assignments notify {key}", markup=False, soft_wrap=True)


@assignment.command("answer")
def assignments_answer(
    assignment_id: Annotated[int, typer.Argument(help="任务编号")],
    reply: Reply,
    reason: Annotated[str, typer.Option(help="拒绝时必填")] = "",
    by: Annotated[str, typer.Option(help="谁答复的")] = "命令行",
) -> None:
    """替媒体答复一项任务。"""
    settings = load_settings()
    with closing(Ledger(settings.ledger_url)) as ledger:
        with ledger.read() as session:
            found = session.get(Assignment, assignment_id)
            edition = session.get(Edition, found.edition_id) if found else None
        rehearsal = edition is not None and edition.rehearsal and settings.sandbox_url is not None
        now = sandbox_now(settings.sandbox_url) if rehearsal and settings.sandbox_url else utcnow()
        show(assignments.answer(ledger, assignment_id, accept=reply is Reply.ACCEPT, by=by, reason=reason, now=now))


@assignment.command("reassign")
def assignments_reassign(key: Key) -> None:
    """把被拒绝和超时的任务改派。"""
    with at(key) as desk:
        show(assignments.reassign(desk.ledger, desk.plan, key, now=desk.now()))
