"""Every template against the page it last was; RONGMEI_GOLDEN=write writes the pages anew, to be looked at."""

import os
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from rongmei.reports.archive import Entry, shelves
from rongmei.reports.daily import pages as daily_pages
from rongmei.reports.edition import pages as edition_pages
from rongmei.reports.render import MAX_ON_PAGE, Picture, fill_page, render_plain
from rongmei.reports.weekly import pages as weekly_pages
from rongmei.reports.wrapup import pages as wrapup_pages

HERE = Path(__file__).parent
spec = spec_from_file_location("report_samples", HERE / "samples.py")
samples = module_from_spec(spec)
spec.loader.exec_module(samples)

KINDS = {
    "edition": (samples.edition, "edition", edition_pages),
    "daily": (samples.daily, "daily", daily_pages),
    "weekly": (samples.weekly, "weekly", weekly_pages),
    "outlet": (samples.outlet_part, "weekly", weekly_pages),
    "wrapup": (samples.wrapup, "wrapup", wrapup_pages),
}
CHARTS = ("reads-by-channel", "reads-by-story", "outlet-scores", "reads-by-day", "reads-by-edition", "reads-by-outlet")
PICTURES = [Picture(name, name, f"cid:{name}", f"图：{name}", 460, 200) for name in CHARTS]


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.tags, self.text, self.handlers, self.bare = [], set(), "", [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag == "img" and not dict(attrs).get("alt"):
            self.bare.append(attrs)
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def rendered(kind, report, pictures=PICTURES):
    _, template, pages = KINDS[kind]
    values = {"report": report, "opening": pages.opening(report)}
    return fill_page(template, pictures, **values), render_plain(template, **values)


def compare(name, content):
    file = HERE / "golden" / name
    if os.environ.get("RONGMEI_GOLDEN") == "write":
        file.write_text(content, encoding="utf-8")
    assert content == file.read_text(encoding="utf-8"), f"{name} has changed: RONGMEI_GOLDEN=write, then look at it"


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_the_one_that_was_looked_at(kind):
    html, text = rendered(kind, KINDS[kind][0]())
    # The styles stand in the page once; their golden copy is the template.
    compare(f"{kind}.html", html[: html.index("<style>")] + html[html.rindex("</style>") :])
    compare(f"{kind}.txt", KINDS[kind][2].subject(KINDS[kind][0]()) + "\n\n" + text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("title", samples.TITLES)
@pytest.mark.parametrize("outlets", [1, 38])
def test_every_page_takes_any_title_and_any_number_of_outlets(kind, title, outlets):
    report = KINDS[kind][0](samples.TITLES[title], outlets)
    html, text = rendered(kind, report)
    page = Page(html)
    assert page.open == []
    assert page.handlers == page.bare == []
    assert "script" not in page.tags
    assert samples.TITLES[title] in page.text
    assert samples.TITLES[title] in text
    assert "None" not in page.text + text
    assert "\n\n\n" not in text
    if outlets > MAX_ON_PAGE and kind not in {"daily", "outlet"}:
        assert f"另有 {outlets - MAX_ON_PAGE} 项，见附件工作簿。" in page.text


EMPTY = {
    "edition": {"previous": None, "channels": (), "stories": (), "ranking": (), "pitches": (), "funnel": (),
                "tasks": (), "reviews": (), "timeline": ()},
    "daily": {"channels": (), "campaigns": (), "days": (), "funnel": (), "best": (), "hits": (), "tasks": (),
              "undecided": 0, "today": ()},
    "weekly": {"channels": (), "days": (), "history": (), "funnel": (), "ranking": samples.Ranking(), "best": (),
               "hits": (), "troubles": (), "duty": (), "quotas": (), "undecided": 0, "appeals": 0},
    "wrapup": {"channels": (), "columns": (), "outlets": (), "editions": (), "best": (), "hits": (), "funnel": (),
               "ranking": samples.Ranking(), "timeline": (), "followers": None, "previous": None, "growing": 0},
}  # fmt: skip
EMPTY["outlet"] = {**EMPTY["weekly"]}


@pytest.mark.parametrize("kind", KINDS)
def test_without_data_there_is_one_line_and_no_empty_table(kind):
    make, _, pages = KINDS[kind]
    whole = samples.weekly() if kind == "outlet" else make()
    report = samples.replace(whole, **EMPTY[kind], **({"outlet": "茶山融媒1"} if kind == "outlet" else {}))
    html, text = rendered(kind, report, [])
    assert "<h2" not in html
    assert pages.opening(report) in text
    assert len([line for line in text.splitlines() if line]) <= 5
    assert report.headlines == report.changes == ()


@pytest.mark.parametrize("kind", KINDS)
def test_what_no_platform_said_is_never_a_zero(kind):
    quiet = tuple(samples.replace(line, reads=None, interactions=None) for line in samples.channels())
    changes = {"edition": {"channels": (samples.ChannelLine("微博", 2, 2, None, None, 2),), "best": None}}
    given = changes.get(kind, {"channels": quiet})
    given.pop("best", None)
    html, _ = rendered(kind, KINDS[kind][0](**given))
    assert "未提供" in html


def test_the_archive_lists_by_kind_and_month_and_escapes():
    def entry(key, kind, day, subject, files=("report.html", "report.pdf", "figures.xlsx")):
        moment = datetime(2026, 6, 8, 1, tzinfo=UTC)
        return Entry(
            key, kind, subject, day, day, moment, False, ".", key.replace(":", "_"), Path(key), frozenset(files)
        )

    listed = [
        entry("daily:d:2026-06-07", "daily", date(2026, 6, 7), "6月7日简报"),
        entry("daily:d:2026-05-31", "daily", date(2026, 5, 31), samples.TITLES["evil"]),
        entry("weekly:d:2026-06-01", "weekly", date(2026, 6, 7), "周报", ()),
    ]
    html = fill_page(
        "archive", shelves=tuple(shelves(listed)), page="report.html", paper="report.pdf", figures="figures.xlsx"
    )
    compare("archive.html", html[: html.index("<style>")] + html[html.rindex("</style>") :])
    assert samples.TITLES["evil"] in Page(html).text
    assert 'href="daily_d_2026-06-07/report.html"' in html
    assert "文件已不在" in html
