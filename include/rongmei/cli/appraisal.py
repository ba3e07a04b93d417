"""周期考核 on the command line: freeze, explain, appeal, compare, and what the desk enters by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from rongmei import appraisal
from rongmei.appraisal.credits import KIND_NAMES, LEVEL_NAMES
from rongmei.cli import results
from rongmei.cli.common import group, heading, out, show, table
from rongmei.clock import spoken, utcnow
from rongmei.config import Cluster, load_cluster, load_period_rules
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Period
from rongmei.ledger.periods import get_period, read_period, workbook_path
from rongmei.settings import load_settings

score = results.score
"""The group that scores editions; periods are scored in the same."""
credit = group("登记上级采用、获奖和见报差错")
score.add_typer(credit, name="credit")

PeriodKey = Annotated[str, typer.Argument(help="周期，例如 period:dongguan:2026-06-01..2026-06-07:dongguan-cluster-v1")]
Subject = Annotated[str, typer.Argument(help="媒体标识；人员写人员标识或 媒体标识/姓名，并加 --people")]
Term = Annotated[str, typer.Argument(help="计分项，例如 spread.reads、deductions.late；见 explain")]
People = Annotated[bool, typer.Option("--people", help="看人员，不看媒体")]
By = Annotated[str, typer.Option("--by", help="经手人（集群文件里的人员标识）")]
RESULTS = {"open": "待答复", "upheld": "成立", "refused": "不成立"}


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with closing(Ledger(load_settings().ledger_url)) as ledger:
        yield ledger


def _cluster(cluster_id: str) -> Cluster:
    return load_cluster(load_settings().config, cluster_id).cluster


def _cluster_of(ledger: Ledger, key: str) -> Cluster:
    with ledger.read() as session:
        return _cluster(get_period(session, key).cluster)


def _kind(people: bool) -> str:
    return "person" if people else "outlet"


@score.command("freeze")
def freeze(
    cluster: Annotated[str, typer.Argument(help="集群标识，例如 dongguan")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="第一天（北京时间）")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="最后一天，算在内")],
    rules: Annotated[str, typer.Option("--rules", help="周期考核规则的 id，例如 dongguan-cluster-v1")],
    by: By,
    campaign: Annotated[str | None, typer.Option("--campaign", help="只考核这个活动")] = None,
    rehearsal: Annotated[bool, typer.Option(help="考核彩排")] = False,
    again: Annotated[bool, typer.Option("--again", help="同样的日子再冻结一次，旧的保留")] = False,
) -> None:
    """冻结一个周期：把规则和数据抄进账本并计分；再做一次不变。"""
    settings = load_settings()
    found = load_cluster(settings.config, cluster)
    known = tuple(sorted(found.campaigns))
    if campaign is not None and campaign not in known:
        raise BadInput(f"没有活动“{campaign}”", where=found.cluster.name, mend=f"写其中一个：{'、'.join(known)}")
    chosen = known if campaign is None else (campaign,)
    span = appraisal.Span(found.cluster, chosen, first.date(), last.date(), rehearsal, campaign)
    with _ledger() as ledger:
        summary = appraisal.freeze(
            ledger, span, load_period_rules(settings.config, rules), by=by, now=utcnow(), again=again
        )
        show(summary)
        if not summary.frozen or not workbook_path(settings.reports, summary.key).exists():
            path = appraisal.write_period(ledger, summary.key, settings.reports)
            out.print(f"工作簿 {path}", markup=False, soft_wrap=True)


@score.command("periods")
def periods(cluster: Annotated[str | None, typer.Option("--cluster")] = None) -> None:
    """列出冻结过的周期。"""
    with _ledger() as ledger, ledger.read() as session:
        rows = session.scalars(select(Period).order_by(Period.first_day, Period.id)).all()
    table(
        ["周期", "规则", "冻结时间", "冻结人", "数据指纹"],
        [
            (row.key, row.rules, spoken(row.frozen_at), row.frozen_by, row.inputs_hash[:12])
            for row in rows
            if cluster in (None, row.cluster)
        ],
    )


@score.command("show")
def show_period(key: PeriodKey, people: People = False) -> None:
    """一个周期的名次、分数和更正。"""
    with _ledger() as ledger, ledger.read() as session:
        period = read_period(session, key, kind=_kind(people))
    heading(f"{period.rules_name} {period.first_day} 至 {period.last_day}")
    table(
        ["名次", "标识", "名称", "分数", "冻结时", "算式"],
        [
            (one.place, one.subject, one.name, f"{one.standing:.2f}", f"{one.total:.2f}", one.summary)
            for one in period.subjects
        ],
    )
    for note in period.notes:
        out.print(f"说明：{note}", markup=False, soft_wrap=True)


@score.command("explain")
def explain(
    key: PeriodKey,
    subject: Subject,
    term: Annotated[str | None, typer.Argument(help="计分项，例如 spread.reads；不写就全部")] = None,
    people: People = False,
) -> None:
    """把一个分数逐项打开，直到发布单和快照。"""
    with _ledger() as ledger, ledger.read() as session:
        found = appraisal.explain(session, key, subject, term, kind=_kind(people))
    for line in appraisal.told(found):
        out.print(line, markup=False, soft_wrap=True)


@score.command("verify")
def verify(key: PeriodKey) -> None:
    """按冻结的规则和数据重算，逐字节与账本核对。"""
    with _ledger() as ledger, ledger.read() as session:
        same = appraisal.recompute(session, key) == appraisal.as_kept(session, key)
    if not same:
        out.print("与账本不一致：账本被改动过，或程序的算法变了", markup=False)
        raise typer.Exit(1)
    out.print("重算结果与账本逐字节一致")


@score.command("workbook")
def write_workbook(
    key: PeriodKey,
    file: Annotated[Path, typer.Argument(help="写到哪个 .xlsx 文件")],
    people: People = False,
) -> None:
    """写出能复算的工作簿。"""
    with _ledger() as ledger, ledger.read() as session:
        content = appraisal.workbook(session, key, kind=_kind(people))
    file.write_bytes(content)
    out.print(f"已写出 {file}（{len(content):,} 字节）", markup=False, soft_wrap=True)


@score.command("appeal")
def appeal(
    key: PeriodKey,
    subject: Subject,
    term: Term,
    why: Annotated[str, typer.Option("--why", help="理由")],
    by: Annotated[str, typer.Option("--by", help="谁提出：本媒体（本人）的标识，或代为登记的人员")],
    people: People = False,
) -> None:
    """对一个计分项提出申诉。"""
    with _ledger() as ledger:
        cluster = _cluster_of(ledger, key)
        number = appraisal.appeal(ledger, cluster, key, subject, term, why=why, by=by, now=utcnow(), kind=_kind(people))
    out.print(f"申诉 #{number} 已登记，等待答复")


@score.command("answer")
def answer(
    cluster: Annotated[str, typer.Argument(help="集群标识")],
    number: Annotated[int, typer.Argument(help="申诉编号", min=1)],
    words: Annotated[str, typer.Option("--words", help="答复")],
    by: By,
    points: Annotated[float | None, typer.Option("--points", help="成立：更正多少分，减分写负数")] = None,
    refused: Annotated[bool, typer.Option("--refused", help="不成立")] = False,
) -> None:
    """答复申诉：成立就写 --points，不成立就写 --refused；只能答复一次。"""
    if refused == (points is not None):
        raise BadInput("要在 --points 和 --refused 里写一个", mend="成立写 --points 分数，不成立写 --refused")
    with _ledger() as ledger:
        done = appraisal.answer(ledger, _cluster(cluster), number, points=points, words=words, by=by, now=utcnow())
    became = f"更正 {done.points:+g}，现为 {done.standing:.2f} 分、第 {done.place} 名"
    out.print(f"申诉 #{done.appeal} {RESULTS[done.state]}，{became}")


@score.command("appeals")
def list_appeals(
    key: PeriodKey, open_only: Annotated[bool, typer.Option("--open", help="只看待答复的")] = False
) -> None:
    """列出申诉。"""
    with _ledger() as ledger, ledger.read() as session:
        found = appraisal.appeals(session, key, open_only=open_only)
    table(
        ["编号", "谁", "计分项", "理由", "提出", "结果", "答复", "更正"],
        [
            (
                one.id,
                one.name,
                one.term,
                one.why,
                spoken(one.at),
                RESULTS[one.state],
                one.answer or None,
                f"{one.points:+g}" if one.state == "upheld" else None,
            )
            for one in found
        ],
    )


@score.command("amend")
def amend(
    key: PeriodKey,
    subject: Subject,
    term: Term,
    points: Annotated[float, typer.Option("--points", help="更正多少分，减分写负数")],
    why: Annotated[str, typer.Option("--why", help="原因")],
    by: By,
    people: People = False,
) -> None:
    """不经申诉更正一项；原来的分数不动，更正另记一笔。"""
    with _ledger() as ledger:
        cluster = _cluster_of(ledger, key)
        standing = appraisal.amend(
            ledger, cluster, key, subject, term, points=points, why=why, by=by, now=utcnow(), kind=_kind(people)
        )
    out.print(f"已更正，现为 {standing:.2f} 分")


@score.command("whatif")
def whatif(
    key: PeriodKey,
    rules: Annotated[str, typer.Option("--rules", help="换成哪套规则")],
    people: People = False,
) -> None:
    """同一周期换一套规则会怎样：名次并排；不改账本。"""
    other = load_period_rules(load_settings().config, rules)
    with _ledger() as ledger, ledger.read() as session:
        found = appraisal.what_if(session, key, other, kind=_kind(people))
    table(
        ["名称", f"{found.rules} 名次", "分数", f"{found.other} 名次", "分数", "升降"],
        [
            (
                one.name,
                one.rank,
                f"{one.total:.2f}",
                one.other_rank,
                f"{one.other_total:.2f}",
                f"{one.moved:+d}" if one.moved else "—",
            )
            for one in found.lines
        ],
    )
    for note in found.notes:
        out.print(f"说明：{note}", markup=False, soft_wrap=True)


@score.command("fairness")
def fairness(key: PeriodKey) -> None:
    """公平性：得分与媒体大小的关系，权重动一成时名次稳不稳。"""
    with _ledger() as ledger, ledger.read() as session:
        found = appraisal.fairness(session, key)
    for line in found.words:
        out.print(f"· {line}", markup=False, soft_wrap=True)
    table(
        ["名次", "名称", "最好", "最差", "影响最大的一项"],
        [(one.rank, one.name, one.best, one.worst, one.most_by or None) for one in found.ranks],
    )


@score.command("mine")
def mine(
    key: PeriodKey,
    viewer: Annotated[str, typer.Option("--person", help="谁在看：人员标识、媒体标识/姓名，或媒体标识")],
    subject: Annotated[str | None, typer.Option("--of", help="看谁的；不写就是自己")] = None,
    outlet: Annotated[bool, typer.Option("--outlet", help="看媒体的成绩")] = False,
) -> None:
    """只看自己的成绩。"""
    with _ledger() as ledger:
        cluster = _cluster_of(ledger, key)
        with ledger.read() as session:
            one, among = appraisal.mine(
                session, cluster, key, subject or viewer, viewer=viewer, kind="outlet" if outlet else "person"
            )
    heading(f"{one.name}：{one.standing:.2f} 分，{among} 人（家）里第 {one.place} 名")
    out.print(one.summary, markup=False, soft_wrap=True)
    table(
        ["计分项", "项目", "计入总分", "算式"],
        [(term.key, term.name, term.points, term.how) for term in one.terms],
    )
    for made in one.amendments:
        out.print(f"更正 {spoken(made.at)} {made.term} {made.points:+g}：{made.why}", markup=False, soft_wrap=True)


@credit.command("add")
def credit_add(
    cluster: Annotated[str, typer.Argument(help="集群标识")],
    kind: Annotated[str, typer.Argument(help="adoption 上级采用、award 获奖、error 见报差错")],
    level: Annotated[str, typer.Option("--level", help="county、city、province、state；差错是 minor、serious、major")],
    day: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="采用、获奖或发现差错的日子")],
    evidence: Annotated[str, typer.Option("--evidence", help="网址，或哪家媒体哪一期（节目）、文号")],
    by: By,
    outlet: Annotated[str | None, typer.Option("--outlet")] = None,
    person: Annotated[str | None, typer.Option("--person", help="只记给一个人")] = None,
    story: Annotated[int | None, typer.Option("--story", help="稿件编号", min=1)] = None,
    title: Annotated[str, typer.Option("--title", help="作品名；写了稿件编号可不写")] = "",
    times: Annotated[int, typer.Option("--times", help="差错几处")] = 1,
    note: Annotated[str, typer.Option("--note")] = "",
    rehearsal: Annotated[bool, typer.Option(help="彩排")] = False,
) -> None:
    """登记一条，要有证据。"""
    entry = appraisal.Entry(kind, level, day.date(), evidence, outlet, person, story, title, times, note, rehearsal)
    with _ledger() as ledger:
        number = appraisal.add_credit(ledger, _cluster(cluster), entry, by=by, now=utcnow())
    out.print(f"已登记 #{number}")


@credit.command("withdraw")
def credit_withdraw(
    cluster: Annotated[str, typer.Argument(help="集群标识")],
    number: Annotated[int, typer.Argument(help="登记编号", min=1)],
    why: Annotated[str, typer.Option("--why", help="原因")],
    by: By,
) -> None:
    """撤销一条登记；已冻结的周期不变。"""
    with _ledger() as ledger:
        appraisal.withdraw_credit(ledger, _cluster(cluster), number, why=why, by=by, now=utcnow())
    out.print(f"已撤销 #{number}；已冻结的周期不变，要改走 amend")


@credit.command("list")
def credit_list(
    cluster: Annotated[str, typer.Argument(help="集群标识")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"])],
    rehearsal: Annotated[bool, typer.Option(help="彩排")] = False,
) -> None:
    """列出这些日子的登记，撤销的也列。"""
    with _ledger() as ledger:
        rows = appraisal.list_credits(ledger, _cluster(cluster), first.date(), last.date(), rehearsal=rehearsal)
    table(
        ["编号", "日期", "种类", "级别", "谁", "题目", "处数", "证据", "登记", "撤销"],
        [
            (
                row.id,
                row.day,
                KIND_NAMES[row.kind],
                LEVEL_NAMES[row.level],
                row.person or row.outlet,
                row.title,
                row.times,
                row.evidence,
                row.by,
                f"{row.withdrawn_by}：{row.withdrawn_why}" if row.withdrawn_by else None,
            )
            for row in rows
        ],
    )
