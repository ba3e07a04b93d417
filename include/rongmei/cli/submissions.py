"""网上征集 on the command line: links and posters of the forms, and what citizens sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from rongmei.access import Links, links_of
from rongmei.cli.common import By, group, heading, out, table
from rongmei.clock import local_date, spoken, utcnow
from rongmei.config import CHANNEL_NAMES, Plan, campaign_files, load_campaign
from rongmei.desk import sandbox_now
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Submission
from rongmei.pitches import invitations, moderation, poster
from rongmei.pitches.forms import AGES
from rongmei.pitches.invitations import Door, Invitation
from rongmei.pitches.receiving import CITIZEN, STATES
from rongmei.settings import load_settings

submission = group("网上征集来的线索")

Rehearsal = Annotated[bool, typer.Option("--rehearsal", help="彩排用的链接，不进正式期次")]
Revoke = Annotated[bool, typer.Option("--revoke", help="作废现有的链接；再运行一次（不带它）就给新的")]
Qr = Annotated[Path | None, typer.Option(help="另写一张带二维码的海报，.svg 或 .png")]
Issuer = Annotated[str, typer.Option("--by", help="谁发的")]
Numbers = Annotated[list[int], typer.Argument(help="投稿编号，可写多个")]

KINDS = {"outlet": "媒体报题", "citizen": "市民投稿", "mail": "邮件报题", "directive": "指令"}


def pitches_link(
    outlet: Annotated[str, typer.Argument(help="媒体标识（集群文件里的 id）")],
    campaign: Annotated[str | None, typer.Option(help="只要这个活动的；不写就是所有开放网上报题的活动")] = None,
    rehearsal: Rehearsal = False,
    revoke: Revoke = False,
    qr: Qr = None,
    by: Issuer = "命令行",
) -> None:
    """一家媒体的报题表网址；同一家、同一活动总是同一个，直到作废。"""
    plans = _plans(outlet, campaign)
    if qr is not None and len(plans) != 1:
        raise BadInput("海报一次只做一个活动的", mend="加 --campaign 活动标识")
    for plan in plans:
        name = plan.cluster.outlet(outlet).name
        door = Door(plan.campaign.id, rehearsal)
        with _house() as (ledger, links), ledger.begin() as session:
            if revoke:
                done = invitations.take_back(session, door, outlet=outlet, now=utcnow())
                out.print(f"{plan.campaign.name}：作废了{name}的 {done} 个链接", markup=False, soft_wrap=True)
                continue
            given = invitations.outlet_link(session, links, door, outlet, by=by, now=utcnow())
        _tell(f"{plan.campaign.name} · {name}报题", given)
        if qr is not None:
            _draw(qr, given, plan.campaign.name, f"{name}报题", "手机扫一扫报选题，请勿转发")


def pitches_public_link(
    campaign: Annotated[str, typer.Argument(help="活动标识")],
    rehearsal: Rehearsal = False,
    revoke: Revoke = False,
    qr: Qr = None,
    by: Issuer = "命令行",
) -> None:
    """小记者·市民投稿的网址，和可以张贴的二维码海报。"""
    plan = load_campaign(load_settings().config, campaign)
    invitations.open_forms(plan.campaign, public=True)
    door = Door(campaign, rehearsal)
    with _house() as (ledger, links), ledger.begin() as session:
        if revoke:
            done = invitations.take_back(session, door, outlet=None, now=utcnow())
            out.print(
                f"{plan.campaign.name}：作废了 {done} 个公众投稿链接，张贴的海报要换", markup=False, soft_wrap=True
            )
            return
        given = invitations.public_link(session, links, door, by=by, now=utcnow())
    _tell(f"{plan.campaign.name} · 小记者·市民投稿", given)
    if qr is not None:
        _draw(qr, given, plan.campaign.name, "小记者·市民投稿", "微信扫一扫，说说你身边的人和事")


@submission.command("list")
def submissions_list(
    campaign: Annotated[str | None, typer.Option(help="只看这个活动")] = None,
    state: Annotated[str | None, typer.Option(help="只看这个状态：" + "、".join(STATES))] = None,
    kind: Annotated[str | None, typer.Option(help="只看这一种：" + "、".join(KINDS))] = None,
    limit: Annotated[int, typer.Option(help="最多列出几条", min=1, max=10_000)] = 50,
) -> None:
    """列出网上、邮件等来的线索，新的在前。"""
    for given, known, what in ((state, STATES, "状态"), (kind, KINDS, "种类")):
        if given is not None and given not in known:
            raise BadInput(f"没有{what}“{given}”", mend=f"可用的有：{'、'.join(known)}")
    wanted = {Submission.campaign: campaign, Submission.state: state, Submission.kind: kind}
    chosen = [column == value for column, value in wanted.items() if value is not None]
    with _ledger() as ledger, ledger.read() as session:
        rows = session.scalars(select(Submission).where(*chosen).order_by(Submission.id.desc()).limit(limit)).all()
    table(
        ["编号", "活动", "种类", "状态", "来自", "收到", "照片", "题目"],
        [
            (
                row.id,
                row.campaign + ("（彩排）" if row.rehearsal else ""),
                KINDS.get(row.kind, row.kind),
                _state(row),
                row.outlet or row.author,
                spoken(row.received_at),
                len(row.media) or None,
                row.title,
            )
            for row in rows
        ],
    )


@submission.command("show")
def submissions_show(number: Annotated[int, typer.Argument(help="编号")]) -> None:
    """一条线索的全部内容；市民留的电话也在内，只供核实，请勿外传。"""
    with _ledger() as ledger, ledger.read() as session:
        row = session.get(Submission, number)
    if row is None:
        raise BadInput("没有这条线索", where=f"编号 #{number}", mend="用 rongmei submissions list 核对编号")
    heading(f"#{row.id} {row.title}")
    for name, value in _facts(row):
        out.print(f"{name}：{value}", markup=False, soft_wrap=True)
    out.print(f"\n{row.body}", markup=False, soft_wrap=True)


@submission.command("pass")
def submissions_pass(
    numbers: Numbers, by: By, why: Annotated[str, typer.Option(help="可不填；留在记录里")] = ""
) -> None:
    """让市民投稿过初筛，下次收选题时进入选题库。"""
    _decide(numbers, let_through=True, by=by, why=why)


@submission.command("refuse")
def submissions_refuse(
    numbers: Numbers, by: By, why: Annotated[str, typer.Option(help="为什么不用；留在记录里")]
) -> None:
    """不用市民投稿；电话和照片到期删除。"""
    if not why.strip():
        raise BadInput("没有写理由", mend="--why 写明为什么不用")
    _decide(numbers, let_through=False, by=by, why=why)


def _decide(numbers: list[int], *, let_through: bool, by: str, why: str) -> None:
    settings = load_settings()
    with _ledger() as ledger:
        for number in numbers:
            with ledger.read() as session:
                row = session.get(Submission, number)
            if row is None or row.kind != CITIZEN:
                mend = "用 rongmei submissions list --kind citizen 核对编号"
                raise BadInput("没有这条市民投稿", where=f"编号 #{number}", mend=mend)
            plan = load_campaign(settings.config, row.campaign)
            _may_decide(plan, by)
            now = _now(rehearsal=row.rehearsal)
            done = moderation.decide_one(ledger, number, let_through=let_through, by=by, why=why, now=now)
            out.print(f"#{number} {STATES[done.state]}：{done.title}", markup=False, soft_wrap=True)


def _may_decide(plan: Plan, by: str) -> None:
    """Raises BadInput when it is none of who look through the campaign's submissions, nor its owner."""
    plan.cluster.person(by)
    allowed = (*moderation.moderators_of(plan), plan.campaign.owner)
    if by not in allowed:
        names = "、".join(plan.cluster.person(one).name for one in dict.fromkeys(allowed))
        raise BadInput(f"{by} 不是初筛人员", where=plan.campaign.name, mend=f"由 {names} 中的一人决定")


def _state(row: Submission) -> str:
    if row.kind == CITIZEN and row.state == "waiting":
        return "等初筛"
    return f"{STATES[row.state]} → 选题 #{row.pitch_id}" if row.pitch_id else STATES[row.state]


def _facts(row: Submission) -> Iterator[tuple[str, object]]:
    yield "种类", KINDS.get(row.kind, row.kind)
    yield "活动", row.campaign + ("（彩排）" if row.rehearsal else "")
    yield "状态", _state(row)
    yield "来自", row.outlet or row.author or "—"
    if age := AGES.get(row.fields.get("age", "")):
        yield "年龄", age
    yield "地点", row.place or "—"
    yield "收到", spoken(row.received_at)
    if row.fields.get("column"):
        yield "栏目", row.fields["column"]
    if channels := row.fields.get("channels"):
        yield "建议渠道", "、".join(CHANNEL_NAMES.get(channel, channel) for channel in channels)
    if row.fields.get("url"):
        yield "网址", row.fields["url"]
    if row.kind == CITIZEN:
        yield "电话", row.fields.get("contact") or "没有留，或已到期删除"
    media = load_settings().media
    for photo in row.media:
        yield "照片", media / str(photo.get("sha256", ""))
    if row.decided_by:
        yield "决定", f"{row.decided_by}，{spoken(row.decided_at)}" + (f"，{row.why}" if row.why else "")


def _plans(outlet: str, campaign: str | None) -> list[Plan]:
    """Plans of the campaign, or of all that take pitches by form and have the outlet in their cluster."""
    root = load_settings().config
    if campaign is not None:
        plan = load_campaign(root, campaign)
        invitations.open_forms(plan.campaign, public=False)
        plan.cluster.outlet(outlet)
        return [plan]
    plans = [load_campaign(root, file.stem) for file in campaign_files(root)]
    found = [
        plan
        for plan in plans
        if invitations.forms_of(plan.campaign) and outlet in {one.id for one in plan.cluster.outlets}
    ]
    if not found:
        mend = "核对媒体标识；活动文件的 sources 里要有 kind: submissions 的一行"
        raise BadInput(f"没有开放网上报题、又有媒体“{outlet}”的活动", mend=mend)
    return found


def _tell(what: str, given: Invitation) -> None:
    out.print(f"{what}（到 {local_date(given.expires_at)} 为止）：", markup=False, soft_wrap=True)
    out.print(given.address, markup=False, soft_wrap=True)


def _draw(file: Path, given: Invitation, name: str, what: str, how: str) -> None:
    poster.write_poster(file, poster.poster(given.address, name=name, what=what, how=how, until=given.expires_at))
    out.print(f"海报：{file}", markup=False, soft_wrap=True)


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with closing(Ledger(load_settings().ledger_url)) as ledger:
        yield ledger


@contextmanager
def _house() -> Iterator[tuple[Ledger, Links]]:
    links = links_of(load_settings())
    if links is None:
        mend = "把环境变量 RONGMEI_BASE_URL 设为外面打得开的网址，例如 https://desk.example.cn"
        raise BadInput("不知道网上表单的网址", mend=mend)
    with _ledger() as ledger:
        yield ledger, links


def _now(*, rehearsal: bool) -> datetime:
    """The time a rehearsal's submissions live in is the sandbox's, where there is one."""
    sandbox = load_settings().sandbox_url
    return sandbox_now(sandbox) if rehearsal and sandbox else utcnow()
