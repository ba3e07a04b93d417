"""Periods: what is frozen, what it is scored from, and that it can be reckoned again."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from math import log

import pytest
from sqlalchemy import select
from tests.rongmei.appraisal.conftest import Room

from rongmei import appraisal
from rongmei.appraisal import freezing
from rongmei.appraisal.freezing import thaw
from rongmei.errors import BadInput
from rongmei.ledger import Amendment, Anomaly, BoardHit, Ledger, Period
from rongmei.ledger.periods import find_period, read_period
from rongmei.ledger.tables import Base


def frozen(room, now, **more):
    return appraisal.freeze(room.ledger, room.span, room.rules, by="chen", now=now, **more).key


def scores(room, key, kind="outlet"):
    with room.ledger.read() as session:
        return {one.subject: one for one in read_period(session, key, kind=kind).subjects}


def term(room, key, subject, name, kind="outlet"):
    return next(one for one in scores(room, key, kind)[subject].terms if one.key == name)


def busy(room):
    """A town and the daily each with two posts; a co-signed story; one returned, one late."""
    for outlet, reads in (("humen", 500), ("daily", 5000)):
        first = room.story(outlet, 10, author="张三 李四")
        second = room.story(outlet, 40, author="记者 王五", late=True, returned=1)
        room.post(first, f"{outlet}/wechat", (20, {"reads": reads, "likes": reads // 50, "comments": 3, "shares": 4}))
        room.post(second, f"{outlet}/wechat", (20, {"reads": reads // 2, "likes": 5}), live=60, position=2)


def test_a_town_s_500_are_worth_more_than_the_daily_s_5000(room, now):
    """The worked example of docs/appraisal.md, by hand."""
    for outlet, reads in (("humen", 500), ("daily", 5000)):
        room.post(room.story(outlet), f"{outlet}/wechat", (20, {"reads": reads}))
    key = frozen(room, now)

    def by_hand(reads, followers):
        size = 1200 * 1 * (followers / 20000) ** 0.6
        expected = max(20, size**0.5 * size**0.5)
        return round(100 * min(1, log(1 + min(20, reads / expected)) / log(61)), 4)

    town, city = (term(room, key, outlet, "spread.reads") for outlet in ("humen", "daily"))
    assert (town.value, city.value) == (pytest.approx(by_hand(500, 8000)), pytest.approx(by_hand(5000, 1_260_000)))
    assert (town.value, city.value) == (13.2211, 7.2441)
    # 传播力 = 0.7 × 折算阅读 + 0.3 × 一篇 ÷ 五篇 × 100
    power = next(one for one in scores(room, key)["humen"].powers if one.key == "spread")
    assert power.value == pytest.approx(0.7 * 13.2211 + 0.3 * 20, abs=1e-4)
    assert scores(room, key)["humen"].standing > scores(room, key)["daily"].standing


def test_freezing_again_changes_nothing(room, now):
    busy(room)
    first = appraisal.freeze(room.ledger, room.span, room.rules, by="chen", now=now)
    assert (first.frozen, first.outlets, first.people) == (False, 3, 7)
    before = scores(room, first.key)
    room.post(room.story("humen", 50), "humen/wechat", (9, {"reads": 99999}), live=60)
    later = appraisal.freeze(room.ledger, room.span, room.rules, by="lin", now=now + timedelta(days=1))
    assert later == replace(first, frozen=True)
    assert scores(room, first.key) == before
    anew = appraisal.freeze(room.ledger, room.span, room.rules, by="lin", now=now, again=True)
    assert anew.key == f"{first.key}:#2"
    assert scores(room, anew.key)["humen"].standing > before["humen"].standing
    with room.ledger.read() as session:
        assert find_period(session, "dg", room.span.first, room.span.last) == anew.key
        assert find_period(session, "dg", room.span.first, room.span.last, rules="other") is None


def test_recomputing_gives_the_same_bytes_in_any_interpreter(room, now):
    busy(room)
    key = frozen(room, now)
    with room.ledger.read() as session:
        kept = appraisal.as_kept(session, key)
        assert appraisal.recompute(session, key) == kept
    code = (
        "import sys,hashlib\nfrom rongmei.appraisal import recompute\nfrom rongmei.ledger import Ledger\n"
        "with Ledger(sys.argv[1]).read() as s: print(hashlib.sha256(recompute(s,sys.argv[2])).hexdigest())"
    )
    # This process has a seed of its own and keeps its asserts.
    done = subprocess.run(
        [sys.executable, "-O", "-c", code, str(room.ledger.engine.url), key],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(kept).hexdigest()


def test_inputs_that_were_touched_are_not_believed(room, now):
    busy(room)
    key = frozen(room, now)
    with room.ledger.begin() as session:
        period = session.scalars(select(Period)).one()
        period.inputs_hash = "0" * 64
    with room.ledger.read() as session, pytest.raises(BadInput, match="指纹不符"):
        appraisal.recompute(session, key)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"last": date(2026, 6, 30)}, "才结束，现在还不能冻结"),
        ({"last": date(2026, 5, 1)}, "天"),
        ({"first": date(2024, 1, 1)}, "天"),
    ],
)
def test_days_that_cannot_be(room, now, changes, said):
    with pytest.raises(BadInput, match=said):
        appraisal.freeze(room.ledger, replace(room.span, **changes), room.rules, by="chen", now=now)


def test_rules_that_change_in_mid_period_cut_it_in_two(room, now):
    old = room.rules.model_copy(update={"last": date(2026, 6, 3)})
    with pytest.raises(BadInput, match=r"分成两段.*以 2026-06-03 为界"):
        appraisal.freeze(room.ledger, room.span, old, by="chen", now=now)
    part = replace(room.span, last=date(2026, 6, 3))
    assert appraisal.freeze(room.ledger, part, old, by="chen", now=now).frozen is False


def test_rules_changed_under_the_same_id_are_refused(room, now):
    frozen(room, now)
    changed = room.rules.model_copy(update={"appeal_days": 9})
    with pytest.raises(BadInput, match="换新的 id"):
        appraisal.freeze(room.ledger, replace(room.span, last=date(2026, 6, 5)), changed, by="chen", now=now)


def test_names_that_the_ledger_cannot_hold_are_refused(room, now):
    long = room.rules.model_copy(update={"version": "一" * 90})
    with pytest.raises(BadInput, match="名字太长"):
        appraisal.freeze(room.ledger, room.span, long, by="chen", now=now)


def test_two_that_freeze_at_once_find_the_same_period(room, now, monkeypatch):
    busy(room)
    gather = freezing.gather

    def meanwhile(*given, **more):
        monkeypatch.setattr(freezing, "gather", gather)
        frozen(room, now)
        return gather(*given, **more)

    monkeypatch.setattr(freezing, "gather", meanwhile)
    summary = appraisal.freeze(room.ledger, room.span, room.rules, by="lin", now=now)
    assert summary.frozen
    with room.ledger.read() as session:
        assert [row.frozen_by for row in session.scalars(select(Period))] == ["chen"]


def test_an_outlet_that_was_renamed_and_one_that_was_merged(room, now, cluster_with):
    room.cluster = cluster_with(formerly=["taiping", "weiyuan"])
    for outlet in ("humen", "taiping", "weiyuan"):
        room.post(room.story(outlet), f"{outlet}/wechat", (20, {"reads": 300}))
    key = frozen(room, now)
    found = scores(room, key)
    assert set(found) == {"daily", "humen", "shipai"}
    assert term(room, key, "humen", "spread.works").measured == 3
    with room.ledger.read() as session:
        posts = thaw(session, key).inputs["posts"]
    # An account that is gone is measured by the account that took its place.
    assert {post["account"]: post["followers"] for post in posts}["taiping/wechat"] == 8000


def test_an_outlet_nobody_told_of_stands_alone_and_is_said(room, now):
    room.post(room.story("taiping"), "taiping/wechat", (20, {"reads": 300}))
    summary = appraisal.freeze(room.ledger, room.span, room.rules, by="chen", now=now)
    assert "taiping" in scores(room, summary.key)
    assert any("formerly" in note and "taiping" in note for note in summary.notes)


class TestFigures:
    def test_null_is_not_zero(self, room, now):
        room.post(room.story("humen"), "humen/weibo", (20, {"reads": None, "likes": 20}), position=None)
        key = frozen(room, now)
        assert term(room, key, "humen", "spread.reads").value is None
        assert term(room, key, "humen", "influence.interactions").value > 0
        assert term(room, key, "shipai", "spread.reads").value == 0
        one = scores(room, key)["humen"]
        assert not one.complete
        works = next(term for term in one.terms if term.key == "spread.works")
        assert works.share == 1
        assert "1 个发布单平台没有给阅读数，不计阅读" in one.notes

    def test_only_the_hours_that_everybody_has_count(self, room, now):
        story = room.story("humen")
        room.post(story, "humen/wechat", (71.5, {"reads": 100}), (90, {"reads": 9000}))
        key = frozen(room, now)
        with room.ledger.read() as session:
            [post] = thaw(session, key).inputs["posts"]
        assert post["figures"] == {"reads": 100}
        assert post["young"] is False

    def test_an_excluded_anomaly_counts_as_before_it(self, room, now, monday):
        number = room.post(
            room.story("humen"), "humen/wechat", (5, {"reads": 400}), (6, {"reads": 9000}), (30, {"reads": 9100})
        )
        at = monday + timedelta(hours=20)
        room.add(
            Anomaly(
                publication_id=number,
                kind="spike",
                measure="reads",
                observed_at=at,
                until_at=None,
                evidence={"before": 400, "after": 9000, "words": "一小时涨 8600"},
                state="excluded",
                flagged_at=now,
                decided_by="chen",
                why="买量",
            )
        )
        key = frozen(room, now)
        with room.ledger.read() as session:
            told = "\n".join(appraisal.told(appraisal.explain(session, key, "humen", "spread.reads")))
        assert "阅读 400" in told
        assert "由 chen 排除（买量），平台原报阅读 9,100" in told
        assert "1 个发布单有经人工排除的异常数据，按排除后的数计" in told

    def test_a_deleted_post_keeps_its_last_figures_and_a_recalled_one_counts_no_more(self, room, now, monday):
        gone = room.post(room.story("humen"), "humen/wechat", (5, {"reads": 700}), (6, {"reads": 700, "gone": True}))
        story = room.story("humen", 20)
        back = room.post(story, "humen/wechat", (5, {"reads": 800}), live=30, state="recalled")
        room.add(Amendment(publication_id=back, kind="recall", by="chen", ordered_at=monday + timedelta(hours=50)))
        key = frozen(room, now)
        with room.ledger.read() as session:
            posts = thaw(session, key).inputs["posts"]
        assert [(post["id"], post["figures"], post["gone"]) for post in posts] == [(gone, {"reads": 700}, True)]
        assert term(room, key, "humen", "deductions.recalled").points == -3

    def test_history_is_what_the_account_had_before(self, room, now):
        for n in range(5):
            room.post(room.story("humen", -100), "humen/wechat", (9, {"reads": 40 + n}), live=-100 + n)
        room.post(room.story("humen"), "humen/wechat", (9, {"reads": 420}))
        key = frozen(room, now)
        with room.ledger.read() as session:
            told = appraisal.explain(session, key, "humen", "spread.reads").lines[0].rows[0].how
        assert "×42^0.5" in told

    def test_a_day_without_any_reading_is_said(self, room, now, monday):
        story = room.story("humen")
        room.post(story, "humen/wechat", (2, {"reads": 10}), (70, {"reads": 90}))
        summary = appraisal.freeze(room.ledger, room.span, room.rules, by="chen", now=now)
        assert any("6月2日、6月3日" in note and "没有采到任何数据" in note for note in summary.notes)


def test_hot_boards_count_once_a_board(room, now, monday):
    number = room.post(room.story("humen"), "humen/wechat", (9, {"reads": 420}))
    for board, best in (("weibo", 8), ("weibo", 2), ("zhihu", 0), ("douyin", 40)):
        at = monday + timedelta(hours=30, minutes=best)
        stay = {"first_seen_at": at, "last_seen_at": at, "best_at": at, "first_position": 50, "best_position": best}
        room.add(BoardHit(campaign="cup", board=board, title=f"村超{best}", publication_id=number, **stay))
    key = frozen(room, now)
    # 微博前三 10 分，抖音前五十 2 分；知乎只是置顶，没有名次。
    assert term(room, key, "humen", "influence.hot").measured == 12


def test_people_share_what_they_sign(room, now):
    busy(room)
    key = frozen(room, now)
    people = scores(room, key, "person")
    assert set(people) >= {"humen/张三", "humen/李四", "humen/王五", "daily/张三"}
    assert people["humen/张三"].name == "张三"
    assert term(room, key, "humen/张三", "spread.works", "person").measured == 0.5
    assert term(room, key, "humen/王五", "spread.works", "person").measured == 1


def test_an_empty_week_scores_nothing_and_everybody_alike(room, now):
    found = scores(room, frozen(room, now))
    assert {(one.standing, one.place) for one in found.values()} == {(0.0, 1)}


@pytest.mark.postgres
def test_postgresql_keeps_the_same_bytes(postgres_database, now):
    ledger = Ledger(postgres_database())
    try:
        Base.metadata.create_all(ledger.engine)
        room = Room(ledger)
        busy(room)
        entry = appraisal.Entry("adoption", "city", date(2026, 6, 3), "市台早新闻", "humen", title="村超夜")
        appraisal.add_credit(ledger, room.cluster, entry, by="lin", now=now)
        key = frozen(room, now)
        number = appraisal.appeal(ledger, room.cluster, key, "humen", "spread.reads", why="少算", by="humen", now=now)
        appraisal.answer(ledger, room.cluster, number, points=1, words="属实", by="chen", now=now)
        with ledger.read() as session:
            assert appraisal.recompute(session, key) == appraisal.as_kept(session, key)
            assert read_period(session, key).of("humen").amendments[0].points == 1
            assert appraisal.explain(session, key, "humen", "guidance.adoption").lines[0].rows[0].value == 3
    finally:
        ledger.close()
