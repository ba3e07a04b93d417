"""每日简报, 每周考核, 活动总结 and the archive of reports on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Annotated

import typer

from rongmei import reports
from rongmei.cli.common import group, out, show, smtp, table
from rongmei.clock import local_date
from rongmei.config import load_campaign
from rongmei.desk import ClusterDesk, cluster_desk
from rongmei.errors import BadInput
from rongmei.ledger import Ledger
from rongmei.reports import Occasion, occasions
from rongmei.reports.archive import KIND_NAMES, Entry
from rongmei.reports.keeping import PAGE, PLAIN
from rongmei.reports.words import days_text, moment_text
from rongmei.settings import load_settings

report = group("报告：每日简报、每周考核、活动总结和存档")

MOST = 40
Mail = Annotated[bool, typer.Option("--mail", help="生成之后发邮件；每人只发一次")]
Rehearsal = Annotated[bool, typer.Option("--rehearsal", help="报彩排的事")]
Day = Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="哪一天，例如 2026-06-05")]


@report.command("daily")
def daily(cluster: str, day: Day = None, mail: Mail = False, rehearsal: Rehearsal = False) -> None:
    """写每日简报：不写 --day 就是昨天的；过去的只在写了 --mail 时发邮件。"""
    with _at(cluster, rehearsal=rehearsal) as desk:
        today = day.date() + timedelta(days=1) if day else local_date(desk.now())
        occasion = occasions.daily(desk.plan.cluster, today, rehearsal=rehearsal)
        if occasion is None:
            raise BadInput(f"{today} 是休息日，这个集群休息日不发简报", mend="--day 换成工作日的前一天")
        _issue(desk, occasion, mail=mail)


@report.command("weekly")
def weekly(cluster: str, day: Day = None, mail: Mail = False, rehearsal: Rehearsal = False) -> None:
    """写每周考核：--day 是那一周里的任何一天，不写就是上周。"""
    with _at(cluster, rehearsal=rehearsal) as desk:
        about = day.date() + timedelta(days=7) if day else local_date(desk.now())
        _issue(desk, occasions.weekly(desk.plan.cluster, about, rehearsal=rehearsal), mail=mail)


@report.command("wrapup")
def wrapup(campaign: str, day: Day = None, mail: Mail = False, rehearsal: Rehearsal = False) -> None:
    """写活动总结：--day 是那一季里的任何一天，不写就是最近的一季；还没结束的写到现在为止。"""
    cluster = load_campaign(load_settings().config, campaign).cluster.id
    with _at(cluster, rehearsal=rehearsal) as desk:
        about = day.date() if day else local_date(desk.now())
        occasion = occasions.latest_season(desk.plan.campaigns[campaign], about, rehearsal=rehearsal)
        if occasion is None:
            raise BadInput(f"到 {about} 为止没有开始过一季", where=campaign, mend="核对活动文件里的 seasons")
        _issue(desk, occasion, mail=mail, campaign=campaign)


@report.command("list")
def list_reports(
    kind: Annotated[str | None, typer.Option("--kind", help="daily、weekly、wrapup 或 edition")] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="最多列几份")] = MOST,
) -> None:
    """列出存档的报告，新的在前。"""
    if kind is not None and kind not in KIND_NAMES:
        raise BadInput(f"没有“{kind[:40]}”这种报告", mend=f"写 {'、'.join(KIND_NAMES)} 之一")
    found = _entries(kind)
    table(
        ["报告", "标题", "哪些天", "生成", "文件"],
        [
            (one.key, one.subject, days_text(one.first, one.last), moment_text(one.built_at), _files(one))
            for one in found[:most]
        ],
    )
    out.print(f"共 {len(found)} 份" + (f"，只列 {most} 份" if len(found) > most else ""), soft_wrap=True)


@report.command("open")
def open_report(
    key: Annotated[str, typer.Argument(help="报告的 key，见 rongmei reports list")],
    text: Annotated[bool, typer.Option("--text", help="不开浏览器，在终端里看文字版")] = False,
) -> None:
    """打开一份存档的报告。"""
    entry = next((one for one in _entries(None) if one.key == key), None)
    if entry is None:
        raise BadInput(f"没有报告“{key[:80]}”", mend="用 rongmei reports list 找它的 key")
    file = entry.folder / (PLAIN if text else PAGE)
    if not file.is_file():
        raise BadInput("报告的文件不在了", where=str(entry.folder), mend="重新生成这份报告")
    if text:
        out.print(file.read_text(encoding="utf-8"), markup=False, soft_wrap=True)
        return
    out.print(str(file), markup=False, soft_wrap=True)
    typer.launch(str(file))


@report.command("reindex")
def reindex() -> None:
    """重写存档的目录页 index.html。"""
    settings = load_settings()
    with closing(Ledger(settings.ledger_url)) as ledger:
        out.print(f"目录里有 {reports.rebuild(ledger, settings)} 份报告", soft_wrap=True)


@contextmanager
def _at(cluster: str, *, rehearsal: bool) -> Iterator[ClusterDesk]:
    with cluster_desk(load_settings(), cluster, rehearsal=rehearsal, post=smtp) as desk:
        yield desk


def _issue(desk: ClusterDesk, occasion: Occasion, *, mail: bool, campaign: str | None = None) -> None:
    show(reports.issue(desk.ledger, desk.plan, occasion, settings=desk.settings, now=desk.now(), campaign=campaign))
    if mail:
        show(
            reports.post(
                desk.ledger,
                desk.plan,
                occasion,
                transport=desk.post,
                clock=desk.now,
                campaign=campaign,
                asked=True,
            )
        )


def _entries(kind: str | None) -> list[Entry]:
    settings = load_settings()
    with closing(Ledger(settings.ledger_url)) as ledger:
        return reports.entries(ledger, settings, kind=kind)


def _files(entry: Entry) -> str:
    return " ".join(sorted(entry.files)) or "已不在"
