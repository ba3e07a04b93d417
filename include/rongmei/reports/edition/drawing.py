"""The charts of an edition's report."""

from __future__ import annotations

from rongmei.reports.charts import AMBER, BLUE, TEAL, TOP, Bar, Chart, Plot
from rongmei.reports.charts import draw as draw_plots
from rongmei.reports.edition.context import EditionReport
from rongmei.reports.words import short_count

NAMES = ("reads-by-channel", "reads-by-story", "outlet-scores")
"""Every chart there can be."""


def draw(report: EditionReport) -> tuple[Chart, ...]:
    """The charts that this report has numbers for; none for an edition without numbers."""
    by_channel, by_story, by_outlet = NAMES
    return draw_plots(
        (
            Plot(by_channel, "各渠道阅读", TEAL, tuple(channel_bars(report))),
            Plot(by_story, f"稿件阅读前 {TOP}", BLUE, tuple(story_bars(report))),
            Plot(by_outlet, f"媒体考核得分前 {TOP}", AMBER, tuple(score_bars(report))),
        )
    )


def channel_bars(report: EditionReport) -> list[Bar]:
    """Reads by channel, in the report's order."""
    return [Bar(line.name, line.reads, short_count(line.reads)) for line in report.channels]


def story_bars(report: EditionReport) -> list[Bar]:
    """The ten most read stories; live ones without known reads come after those with."""
    live = sorted((story for story in report.stories if story.live), key=lambda story: -(story.reads or -1))
    return [Bar(story.title, story.reads, short_count(story.reads)) for story in live[:TOP]]


def score_bars(report: EditionReport) -> list[Bar]:
    """The ten best outlets."""
    return [Bar(line.outlet, line.total, f"{line.total:.1f}") for line in report.ranking[:TOP]]
