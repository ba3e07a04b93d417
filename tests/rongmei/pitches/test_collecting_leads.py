import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
import requests

from rongmei.clock import at_local
from rongmei.errors import TryLater
from rongmei.ledger import BoardEntry, Lead, Pitch
from rongmei.ledger.boards import BoardLine, save_board_lines
from rongmei.pitches import collect

ITEM = "<item><title>{title}</title><link>https://example.com/{n}</link><description>{text}</description></item>"


def feed(*titles: str) -> bytes:
    items = "".join(ITEM.format(title=title, n=n, text="") for n, title in enumerate(titles))
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{items}</channel></rss>'.encode()


def board(*lines: tuple) -> bytes:
    realtime = [{"word": title, "num": heat, "is_ad": ad} for title, heat, ad in lines]
    return json.dumps({"ok": 1, "data": {"realtime": realtime}}).encode()


class Web:
    """Answers addresses without a socket and remembers what was asked, and whether the inside was allowed."""

    def __init__(self, **pages):
        self.pages, self.asked, self.inside = pages, [], []

    def __call__(self, allow_private: bool):
        self.inside.append(allow_private)
        session = requests.Session()
        session.trust_env = False
        session.mount("http://", _Answers(self))
        return session


class _Answers(requests.adapters.BaseAdapter):
    def __init__(self, web):
        super().__init__()
        self.web = web

    def send(self, request, **_):
        self.web.asked.append(request.url)
        page = self.web.pages.get(request.path_url.strip("/").replace(".", "_").replace("/", "_"), 404)
        answer = requests.Response()
        answer.request, answer.url = request, request.url
        answer.status_code = page if isinstance(page, int) else 200
        answer._content = b"" if isinstance(page, int) else page
        answer._content_consumed = True
        return answer

    def close(self):
        pass


@pytest.fixture
def gather(ledger, plan, settings, now):
    def run(key, source, web=None, when=None):
        return collect(ledger, plan, key, source, settings=settings, now=when or now, session_factory=web or Web())

    return run


def see(ledger, when, *lines: BoardLine) -> None:
    with ledger.begin() as session:
        save_board_lines(session, "weibo", when, lines)


# ── feeds ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_items_on_the_topic_become_leads_and_pitches(gather, key, rows):
    web = Web(a_xml=feed("石龙村超今晚开赛", "乡村超市促销", "天气晴"), b_xml=feed("石龙村超今晚开赛", "村超英雄榜"))
    summary = gather(key, "daily-feed", web)
    assert (summary.new, summary.leads, summary.unmatched, summary.problems) == (2, 2, 2, ())
    assert [(p.title, p.outlet, p.source) for p in rows(Pitch)] == [
        ("石龙村超今晚开赛", "dongguan-daily", "daily-feed"),
        ("村超英雄榜", "dongguan-daily", "daily-feed"),
    ]
    assert [lead.id for lead in rows(Lead)] == [pitch.lead_id for pitch in rows(Pitch)]
    assert "「村超」" in rows(Lead)[0].evidence["matched"]
    assert web.asked == ["http://sandbox.invalid/a.xml", "http://sandbox.invalid/b.xml"]
    assert web.inside == [True, True]


def test_reading_a_feed_again_changes_nothing(gather, key, dump):
    web = Web(a_xml=feed("石龙村超今晚开赛"), b_xml=feed())
    gather(key, "daily-feed", web)
    before = dump()
    summary = gather(key, "daily-feed", web)
    assert (summary.new, summary.known, summary.leads) == (0, 1, 1)
    assert dump() == before


def test_what_an_earlier_edition_used_is_not_pitched_again_but_a_rehearsal_uses_nothing_up(gather, key, open_day):
    web = Web(a_xml=feed("石龙村超今晚开赛"), b_xml=feed())
    for day in (date(2026, 6, 4), date(2026, 6, 6)):
        gather(open_day(day, rehearsal=True), "daily-feed", web, at_local(day, "18:00"))
    assert gather(key, "daily-feed", web).new == 1
    later = gather(open_day(date(2026, 6, 7)), "daily-feed", web)
    assert (later.new, later.used_before) == (0, 1)
    earlier = gather(open_day(date(2026, 6, 5)), "daily-feed", web, at_local(date(2026, 6, 5), "18:00"))
    assert earlier.new == 1


def test_a_source_out_of_reach_raises_after_the_rest_is_stored(gather, key, rows):
    web = Web(a_xml=503, b_xml=feed("村超英雄榜"))
    with pytest.raises(TryLater, match="503"):
        gather(key, "daily-feed", web)
    assert [pitch.title for pitch in rows(Pitch)] == ["村超英雄榜"]


def test_bad_content_is_reported_and_does_not_fail_the_rest(gather, key, rows):
    summary = gather(key, "daily-feed", Web(a_xml=b"<html>no feed</html>", b_xml=feed("村超英雄榜")))
    assert (summary.new, summary.rejected) == (1, 1)
    assert "网页，不是订阅源" in summary.problems[0]


def test_a_relative_address_without_a_base_is_reported(ledger, plan, key, settings, now):
    bare = replace(settings, sources_base=None)
    summary = collect(ledger, plan, key, "daily-feed", settings=bare, now=now, session_factory=Web())
    assert summary.rejected == 2
    assert "RONGMEI_SOURCES_BASE" in summary.problems[0]


def test_a_base_with_a_path_keeps_it(ledger, plan, key, settings, now):
    base = replace(settings, sources_base="http://sandbox.invalid/sources/")
    web = Web()
    collect(ledger, plan, key, "daily-feed", settings=base, now=now, session_factory=web)
    assert web.asked[0] == "http://sandbox.invalid/sources/a.xml"


@pytest.mark.net
def test_an_absolute_address_may_not_reach_inside_even_in_a_rehearsal(ledger, plan, key, settings, now):
    source = plan.campaign.sources[1].model_copy(update={"urls": ("http://127.0.0.1/a.xml",)})
    campaign = plan.campaign.model_copy(update={"sources": (source,)})
    web = Web()
    summary = collect(
        ledger, plan._replace(campaign=campaign), key, "daily-feed", settings=settings, now=now, session_factory=web
    )
    assert web.inside == [False]
    assert web.asked == []
    assert "内网或本机" in summary.problems[0]


# ── boards ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_live_board_is_stored_and_searched(gather, key, rows, dump):
    web = Web(hot_weibo=board(("村超决赛今晚打响", 900, 0), ("乡村超模大赛", 800, 0), ("某品牌", 1, 1)))
    summary = gather(key, "weibo-board", web)
    assert (summary.new, summary.leads, summary.unmatched) == (1, 1, 2)
    assert [(entry.title, entry.position, entry.is_ad) for entry in rows(BoardEntry)] == [
        ("村超决赛今晚打响", 1, False),
        ("乡村超模大赛", 2, False),
        ("某品牌", 3, True),
    ]
    (pitch,) = rows(Pitch)
    assert (pitch.outlet, pitch.heat, pitch.source) == (None, 900.0, "weibo-board")
    before = dump()
    assert gather(key, "weibo-board", web).known == 1
    assert dump() == before


def test_a_title_gives_one_lead_with_its_best_place_and_peak(ledger, gather, key, rows, now):
    for hours, position, heat in ((3, 9, 500), (2, 4, 900), (1, 6, None)):
        see(
            ledger, now - timedelta(hours=hours), BoardLine(position, "村超决赛今晚打响", heat=heat, description="说明")
        )
    see(ledger, now - timedelta(hours=25), BoardLine(1, "村超决赛今晚打响", heat=9999))
    see(ledger, now + timedelta(minutes=1), BoardLine(2, "村超明日再战", heat=1))
    gather(key, "weibo-board")
    (lead,) = rows(Lead)
    assert (lead.best_position, lead.peak_heat) == (4, 900)
    assert (lead.first_seen_at, lead.last_seen_at) == (now - timedelta(hours=3), now - timedelta(hours=1))
    assert [sighting["position"] for sighting in lead.evidence["sightings"]] == [9, 4, 6]
    assert rows(Pitch)[0].summary == "说明"


def test_a_paid_place_is_a_lead_without_heat(ledger, gather, key, rows, now):
    see(ledger, now - timedelta(hours=1), BoardLine(12, "品牌助力村超", heat=5000, is_ad=True))
    assert gather(key, "weibo-board").new == 1
    assert rows(Lead)[0].evidence["promoted"] is True
    assert rows(Pitch)[0].heat is None


def test_once_a_title_stands_by_itself_its_paid_places_do_not_count(ledger, gather, key, rows, now):
    see(ledger, now - timedelta(hours=2), BoardLine(1, "品牌助力村超", heat=5000, is_ad=True))
    gather(key, "weibo-board", when=now - timedelta(hours=1))
    see(ledger, now - timedelta(minutes=30), BoardLine(40, "品牌助力村超", heat=70))
    gather(key, "weibo-board")
    (lead,) = rows(Lead)
    assert (lead.evidence["promoted"], lead.best_position, lead.peak_heat) == (False, 40, 70)


def test_a_past_edition_sees_its_own_day_and_does_not_ask_the_live_board(ledger, gather, open_day, rows, now):
    key = open_day(date(2024, 6, 1))
    see(ledger, at_local(date(2024, 6, 1), "23:00"), BoardLine(5, "村超夜赛", heat=10))
    see(ledger, at_local(date(2024, 6, 2), "01:00"), BoardLine(5, "村超第二天", heat=10))
    web = Web(hot_weibo=board(("村超今天", 1, 0)))
    gather(key, "weibo-board", web)
    assert [lead.title for lead in rows(Lead)] == ["村超夜赛"]
    assert web.asked == []


def test_a_board_out_of_reach_still_gives_what_is_stored(ledger, gather, key, rows, now):
    see(ledger, now - timedelta(hours=1), BoardLine(5, "村超夜赛", heat=10))
    with pytest.raises(TryLater):
        gather(key, "weibo-board", Web(hot_weibo=503))
    assert [pitch.title for pitch in rows(Pitch)] == ["村超夜赛"]


def test_a_pinned_line_has_no_rank(ledger, gather, key, rows, now):
    see(ledger, now - timedelta(hours=1), BoardLine(0, "村超夜赛", heat=None))
    gather(key, "weibo-board")
    assert rows(Lead)[0].best_position is None
