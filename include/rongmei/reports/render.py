"""Renders a report as an HTML page that survives mail programs, and as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from rongmei.reports.context import EditionReport
from rongmei.reports.words import change_text, count, day_text, moment_text, short_count

MAX_ON_PAGE = 12
"""Rows of a list that the page shows; the workbook has them all."""


@dataclass(frozen=True)
class Picture:
    """A chart on the page: `src` is a `cid:` address in a mail, a `data:` address in the file."""

    name: str
    title: str
    src: str
    alt: str
    width: int
    height: int


def render_html(report: EditionReport, pictures: Sequence[Picture] = ()) -> str:
    """The report as one HTML document with its styles inlined; it reads well without its pictures.

    The rules for dark mode and for phones stay in a style sheet in the head, where they belong.
    """
    by_name = {picture.name: picture for picture in pictures}
    page = _templates().get_template("edition.html.j2").render(report=report, pictures=by_name, **_helpers(report))
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
    inlined: str = inliner.inline(page)
    return inlined


def render_text(report: EditionReport) -> str:
    """The report as plain text, for those who read mail without HTML."""
    return _templates().get_template("edition.txt.j2").render(report=report, **_helpers(report)).strip() + "\n"


def subject(report: EditionReport) -> str:
    """The subject of the report's mail; the outbox marks rehearsals."""
    waiting = f"｜{len(report.tasks)} 件事待处理" if report.tasks else ""
    return f"{report.campaign} {report.day.month}月{report.day.day}日 考核报告{waiting}"


def opening(report: EditionReport) -> str:
    """What the edition came to, in one or two sentences."""
    if report.empty:
        return "本期还没有任何数据：没有选题、没有稿件，也没有发布。"
    if not report.live:
        return f"本期收到 {len(report.pitches)} 条选题、{len(report.stories)} 篇稿件，还没有一次成功的发布。"
    channels = sum(1 for channel in report.channels if channel.live)
    said = f"本期 {report.stories_live} 篇稿件在 {channels} 个渠道发布 {report.live} 次"
    if report.reads is None:
        said += "，平台还没有给出阅读数。"
    else:
        growth = change_text(report.reads_change)
        said += f"，累计阅读 {short_count(report.reads)}" + (f"，比上期{growth}。" if growth else "。")
    leaders = [line.outlet for line in report.ranking if line.rank == 1]
    if leaders and len(leaders) <= 3:
        said += f"{'、'.join(leaders)}{'并列' if len(leaders) > 1 else ''}考核第一。"
    return said


def _helpers(report: EditionReport) -> dict[str, Any]:
    return {
        "count": count,
        "short_count": short_count,
        "change_text": change_text,
        "day_text": day_text,
        "moment_text": moment_text,
        "opening": opening(report),
        "shown": MAX_ON_PAGE,
    }


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("rongmei.reports", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
