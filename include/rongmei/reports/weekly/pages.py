"""A weekly review as mail and page: subject, top line, charts, HTML and plain text."""

from __future__ import annotations

from collections.abc import Sequence

from rongmei.reports.charts import AMBER, BLUE, TEAL, TOP, Bar, Chart, Plot, draw
from rongmei.reports.render import Picture, render_page, render_plain
from rongmei.reports.weekly.context import WeeklyReview
from rongmei.reports.words import WEEKDAYS, change_text, short_count

NAMES = ("outlet-scores", "reads-by-channel", "reads-by-day")


def subject(review: WeeklyReview) -> str:
    """The subject of the mail."""
    mark = "【彩排】" if review.rehearsal else ""
    if review.quiet:
        return f"{mark}{review.outlet or review.cluster} {review.name}考核：本周没有活动"
    if review.mine is not None:
        return f"{mark}{review.outlet} {review.name}考核：第 {review.mine.rank} 名，{review.mine.total:.1f} 分"
    return f"{mark}{review.outlet or review.cluster} {review.name}考核：新增阅读 {short_count(review.reads)}"


def opening(review: WeeklyReview) -> str:
    """The top line."""
    if review.quiet:
        return f"{review.name}没有选题、稿件和发布，也没有得分。"
    said = []
    if review.mine is not None:
        before = f"，上周第 {review.mine.before}" if review.mine.before is not None else ""
        said.append(f"考核第 {review.mine.rank} 名（共 {review.outlets} 家{before}），总分 {review.mine.total:.2f}")
    if review.reads is not None:
        ratio = change_text(review.headlines[0].ratio)
        said.append(f"新增阅读 {short_count(review.reads)}" + (f"（比上周{ratio}）" if ratio else ""))
    said.append(f"新发布 {review.live} 次")
    first = [line for line in review.ranking.lines if line.rank == 1]
    if not review.outlet and 0 < len(first) <= 3:
        said.append(f"考核第一：{'、'.join(line.outlet for line in first)} {first[0].total:.1f} 分")
    if review.punctual.due:
        said.append(f"按时交稿 {review.punctual.on_time}/{review.punctual.due}")
    return f"{review.name}{'；'.join(said)}。"


def draw_charts(review: WeeklyReview) -> tuple[Chart, ...]:
    """Scores of the cluster and reads by channel; reads by day, which is all that an outlet's part has."""
    scores, channels, days = NAMES
    ranked = () if review.outlet else review.ranking.lines[:TOP]
    return draw(
        [
            Plot(
                scores,
                f"考核得分前 {TOP}",
                AMBER,
                tuple(Bar(one.outlet, one.total, f"{one.total:.1f}") for one in ranked),
            ),
            Plot(
                channels,
                "各渠道新增阅读",
                BLUE,
                tuple(Bar(one.name, one.reads, short_count(one.reads)) for one in review.channels if not review.outlet),
            ),
            Plot(
                days,
                "两周每天新增阅读",
                TEAL,
                tuple(
                    Bar(WEEKDAYS[day.day.weekday()], day.reads, short_count(day.reads), marked=day.day >= review.first)
                    for day in review.days
                ),
                upright=True,
            ),
        ]
    )


def render_html(review: WeeklyReview, pictures: Sequence[Picture] = ()) -> str:
    """The review as one HTML document."""
    return render_page("weekly", pictures, report=review, opening=opening(review))


def render_text(review: WeeklyReview) -> str:
    """The review as plain text."""
    return render_plain("weekly", report=review, opening=opening(review))
