from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from PIL import Image

from rongmei.reports import charts, gather
from rongmei.reports.charts import Bar
from rongmei.reports.edition import drawing
from rongmei.reports.edition.context import ChannelLine, EditionReport, StoryLine

NOW = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)
EMPTY = EditionReport("k", "村超", "东莞", date(2026, 6, 6), False, "", "", NOW)


def coloured(png: bytes, colour: str) -> int:
    """How many pixels of the picture have exactly this colour."""
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    picture = Image.open(BytesIO(png)).convert("RGBA")
    return sum(number for number, (*rgb, alpha) in picture.getcolors(2**24) if tuple(rgb) == wanted and alpha == 255)


def test_a_lively_edition_has_every_chart(lively, plan):
    drawn = drawing.draw(gather(lively, plan, "cunchao/2026-06-06", now=NOW))
    assert tuple(chart.name for chart in drawn) == drawing.NAMES
    for chart in drawn:
        picture = Image.open(BytesIO(chart.png))
        assert picture.size == (chart.width * 2, chart.height * 2)
        assert abs(chart.width - charts.WIDTH) <= 1
    assert drawn[0].alt == "各渠道阅读：微信公众号 19.7万；微博 12,080；网站 4,211"


@pytest.mark.parametrize(
    "report",
    [EMPTY, replace(EMPTY, channels=(ChannelLine("微信公众号", 2, 2, None, None, 2),))],
    ids=["empty edition", "nothing known"],
)
def test_without_numbers_there_is_no_chart(report):
    assert drawing.draw(report) == ()


def test_an_unknown_value_is_named_and_not_drawn():
    lines = (ChannelLine("微信公众号", 1, 1, 900, None, 0), ChannelLine("微博", 1, 1, None, None, 1))
    (chart,) = drawing.draw(replace(EMPTY, channels=lines))
    assert chart.alt == "各渠道阅读：微信公众号 900；微博 未提供"
    (alone,) = drawing.draw(replace(EMPTY, channels=lines[:1]))
    with_unknown, without = coloured(chart.png, charts.TEAL), coloured(alone.png, charts.TEAL)
    assert 0 < with_unknown <= without * 1.1


def test_the_chart_of_zeros_is_drawn_without_dividing_by_them():
    (chart,) = drawing.draw(replace(EMPTY, channels=(ChannelLine("微博", 1, 1, 0, None, 0),)))
    assert chart.alt == "各渠道阅读：微博 0"


def test_labels_are_no_code_and_stay_apart():
    evil = "\"];alert('x')//\\"
    spec = charts._bars([Bar(evil, 1, "1"), Bar(evil, 2, "2")], charts.TEAL)
    png = charts._png(spec)
    assert Image.open(BytesIO(png)).height > 2 * charts.BAR_STEP


def test_the_ten_most_read_stories_with_the_unknown_last():
    def story(number: int, reads: int | None) -> StoryLine:
        from rongmei.reports.edition.context import PostLine

        post = PostLine("weibo", "微博", "a/weibo", "甲", "live", "已发布", None, NOW, NOW, reads=reads)
        return StoryLine(f"稿{number}", "甲", "", "signed_off", (post,))

    stories = (story(0, None), *(story(number, number) for number in range(1, 10)))
    bars = drawing.story_bars(replace(EMPTY, stories=stories))
    assert [bar.label for bar in bars] == [*(f"稿{number}" for number in range(9, 0, -1)), "稿0"]
    assert bars[-1].value is None


def test_chinese_comes_from_the_package_not_from_the_machine():
    from importlib.resources import files

    fonts = [one.name for one in files(charts.FONT_PACKAGE).iterdir() if one.name.endswith((".ttc", ".otf"))]
    assert fonts == ["NotoSansCJK-Regular.ttc"]
