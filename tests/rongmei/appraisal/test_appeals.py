"""Appeals, corrections, what the desk enters, and who may see what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from rongmei import appraisal
from rongmei.errors import BadInput, WrongState
from rongmei.ledger import Appeal, PeriodScore, ScoreAmendment
from rongmei.ledger.periods import read_period


@pytest.fixture
def key(room, now):
    for outlet, reads in (("humen", 500), ("daily", 5000)):
        story = room.story(outlet, 10, author="张三", late=outlet == "humen")
        room.post(story, f"{outlet}/wechat", (20, {"reads": reads, "likes": 9}))
    return appraisal.freeze(room.ledger, room.span, room.rules, by="chen", now=now).key


def standing(room, key, subject, kind="outlet"):
    with room.ledger.read() as session:
        return read_period(session, key, kind=kind).of(subject)


class TestAppeals:
    def test_an_appeal_that_is_upheld_adds_an_entry_and_edits_nothing(self, room, key, now):
        before = standing(room, key, "humen")
        number = appraisal.appeal(
            room.ledger, room.cluster, key, "humen", "deductions.late", why="断电，报备过", by="humen", now=now
        )
        done = appraisal.answer(room.ledger, room.cluster, number, points=0.5, words="属实", by="chen", now=now)
        assert (done.state, done.points) == ("upheld", 0.5)
        after = standing(room, key, "humen")
        assert (after.total, after.rank, after.summary) == (before.total, before.rank, before.summary)
        assert after.standing == pytest.approx(before.total + 0.5) == done.standing
        late = next(term for term in after.terms if term.key == "deductions.late")
        assert (late.points, late.amended) == (-0.5, 0.5)
        with room.ledger.read() as session:
            told = "\n".join(appraisal.told(appraisal.explain(session, key, "humen")))
            assert "deductions.late +0.5：属实（chen）" in told
            assert f"更正后 {after.standing:.2f} 分" in told
            assert session.scalars(select(ScoreAmendment)).one().appeal_id == number
            assert appraisal.recompute(session, key) == appraisal.as_kept(session, key)
            [line] = appraisal.appeals(session, key)
        assert (line.state, line.answer, line.points) == ("upheld", "属实", 0.5)

    def test_a_refusal_adds_nothing_and_an_answer_stands(self, room, key, now):
        given = (room.ledger, room.cluster)
        number = appraisal.appeal(*given, key, "humen", "spread.reads", why="少算", by="lin", now=now)
        with pytest.raises(WrongState, match="还没有答复"):
            appraisal.appeal(*given, key, "humen", "spread.reads", why="少算", by="humen", now=now)
        done = appraisal.answer(*given, number, points=None, words="数据无误", by="chen", now=now)
        assert (done.state, done.standing) == ("refused", standing(room, key, "humen").total)
        with pytest.raises(WrongState, match="已由 chen 答复"):
            appraisal.answer(*given, number, points=3, words="改主意", by="chen", now=now)
        with room.ledger.read() as session:
            assert session.scalars(select(ScoreAmendment)).all() == []

    def test_appeals_that_cannot_be(self, room, key, now):
        for changes, said in (
            ({"term": "spread.fame"}, "没有计分项"),
            ({"subject": "nobody", "by": "lin"}, "没有给“nobody”计分"),
            ({"by": "daily"}, "不能替"),
            ({"why": "  "}, "没有写申诉的理由"),
            ({"later": 8}, "为止"),
        ):
            given = {"subject": "humen", "term": "spread.reads", "why": "少算", "by": "humen", **changes}
            given["now"] = now + timedelta(days=given.pop("later", 0))
            subject, term = given.pop("subject"), given.pop("term")
            with pytest.raises(BadInput, match=said):
                appraisal.appeal(room.ledger, room.cluster, key, subject, term, **given)
        with room.ledger.read() as session:
            assert session.scalars(select(Appeal)).all() == []

    def test_answers_that_cannot_be(self, room, key, now):
        number = appraisal.appeal(
            room.ledger, room.cluster, key, "humen", "spread.reads", why="少算", by="humen", now=now
        )
        for changes, said in (
            ({"by": "lin"}, "不能答复"),
            ({"by": "stranger"}, "没有人员"),
            ({"points": 0.0}, "不对"),
            ({"points": float("nan")}, "不对"),
            ({"points": 101.0}, "不对"),
            ({"words": ""}, "没有写答复"),
        ):
            given = {"points": 1.0, "words": "好", "by": "chen", "now": now, **changes}
            with pytest.raises(BadInput, match=said):
                appraisal.answer(room.ledger, room.cluster, number, **given)

    def test_corrections_move_places_and_stop_at_the_cap(self, room, key, now):
        assert standing(room, key, "daily").place > standing(room, key, "shipai").place - 2
        given = {"why": "漏算", "by": "chen", "now": now}
        made = appraisal.amend(room.ledger, room.cluster, key, "shipai", "spread.works", points=100, **given)
        assert (made, standing(room, key, "shipai").place) == (100, 1)
        assert appraisal.amend(room.ledger, room.cluster, key, "shipai", "spread.works", points=50, **given) == 105


class TestMine:
    def test_one_sees_oneself_and_nobody_else(self, room, key):
        with room.ledger.read() as session:
            one, among = appraisal.mine(session, room.cluster, key, "humen/张三", viewer="humen/张三")
            assert (one.name, among) == ("张三", 2)
            for other in ("daily/张三", "nobody"):
                with pytest.raises(BadInput, match="只能看自己的成绩"):
                    appraisal.mine(session, room.cluster, key, other, viewer="humen/张三")
            with pytest.raises(BadInput, match="只能看自己的成绩"):
                appraisal.mine(session, room.cluster, key, "daily/张三", viewer="lin")
            assert appraisal.mine(session, room.cluster, key, "daily/张三", viewer="chen")[0].name == "张三"
            town, _ = appraisal.mine(session, room.cluster, key, "humen", viewer="humen", kind="outlet")
            assert town.subject == "humen"


class TestCredits:
    def enter(self, room, now, **more):
        base = {"kind": "adoption", "level": "city", "day": date(2026, 6, 3), "evidence": "https://city.example/a"}
        return appraisal.add_credit(room.ledger, room.cluster, appraisal.Entry(**{**base, **more}), by="lin", now=now)

    def measured(self, room, now, name):
        key = appraisal.freeze(room.ledger, room.span, room.rules, by="chen", now=now, again=True).key
        return next(term.measured for term in standing(room, key, "humen").terms if term.key == name)

    def test_one_item_counts_once_at_its_highest_level(self, room, now):
        story = room.story("humen", 10, title="村超夜")
        for level in ("city", "province", "county"):
            self.enter(room, now, level=level, story=story)
        self.enter(room, now, level="city", outlet="humen", title="另一篇")
        assert self.measured(room, now, "guidance.adoption") == 5 + 3

    def test_what_earlier_periods_counted_is_not_counted_again(self, room, now):
        self.enter(room, now, level="city", outlet="humen", title="村超夜", day=date(2026, 5, 20))
        number = self.enter(room, now, level="state", outlet="humen", title="村超夜")
        assert self.measured(room, now, "guidance.adoption") == 8 - 3
        appraisal.withdraw_credit(room.ledger, room.cluster, number, why="登错了", by="chen", now=now)
        assert self.measured(room, now, "guidance.adoption") == 0
        with pytest.raises(WrongState, match="已经由 chen 撤销"):
            appraisal.withdraw_credit(room.ledger, room.cluster, number, why="再撤", by="lin", now=now)
        found = appraisal.list_credits(room.ledger, room.cluster, date(2026, 6, 1), date(2026, 6, 7))
        assert [(row.id, row.withdrawn_why) for row in found] == [(number, "登错了")]

    def test_errors_and_awards(self, room, now):
        story = room.story("humen", 10, author="张三 李四")
        self.enter(room, now, kind="error", level="serious", story=story, times=3)
        self.enter(room, now, kind="award", level="province", outlet="humen", title="好新闻奖")
        assert self.measured(room, now, "deductions.errors") == 6
        assert self.measured(room, now, "bonuses.awards") == 5
        with room.ledger.read() as session:
            latest = session.scalars(select(PeriodScore).where(PeriodScore.subject == "humen/张三")).all()[-1]
        errors = next(line for line in latest.terms["lines"] if line["key"] == "deductions.errors")
        assert errors["points"] == -3

    def test_entries_that_cannot_be(self, room, now):
        for changes, said in (
            ({"kind": "praise"}, "登记的种类没有"),
            ({"level": "minor"}, "上级采用的级别没有"),
            ({"kind": "error"}, "见报差错的级别没有"),
            ({"evidence": " "}, "没有写证据"),
            ({"evidence": "javascript://x"}, "不能用"),
            ({"day": date(2026, 7, 1)}, "还没到"),
            ({"outlet": "nowhere"}, "没有媒体"),
            ({"outlet": None}, "没有写是谁的"),
            ({"title": ""}, "没有写题目"),
            ({"story": 99}, "没有稿件"),
            ({"times": 2}, "只有差错"),
            ({"person": "lin-chuu"}, "没有人员"),
            ({"person": "nowhere/张三"}, "没有媒体"),
        ):
            with pytest.raises(BadInput, match=said):
                self.enter(room, now, **{"outlet": "humen", "title": "作品", **changes})

    def test_the_same_twice_is_refused(self, room, now):
        self.enter(room, now, outlet="humen", title="作品")
        with pytest.raises(BadInput, match="已经登记过，是 #1"):
            self.enter(room, now, outlet="humen", title="作品")
