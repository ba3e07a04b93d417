"""What one file is held to, beyond the types of its fields."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rongmei.config.explain import dotted, explain
from rongmei.config.fields import Address, Email, Fault, Folder, Slug, Text
from rongmei.config.models import (
    Account,
    AssignmentRules,
    AssignmentWeights,
    Campaign,
    Cluster,
    Outlet,
    Pitching,
    PublishingRules,
    Reviews,
    Rota,
    RuleSet,
    Schedule,
    Season,
    ShortlistWeights,
    Watch,
    account_key,
    connection_id,
    source_url,
)
from rongmei.errors import BadInput


def faults(model: Any, raw: dict[str, Any]) -> list[Fault]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(raw)
    return explain(caught.value, raw)


def told(model: Any, raw: dict[str, Any]) -> list[tuple[str, str]]:
    return [(dotted(fault.at), fault.message) for fault in faults(model, raw)]


def outlet(outlet_id: str = "east", **changes: Any) -> dict[str, Any]:
    return {
        "id": outlet_id,
        "name": outlet_id.upper(),
        "kind": "town",
        "size": 3,
        "regions": ["东街"],
        "beats": ["体育"],
        "capacity_per_day": 2,
        "contact_email": "a@town.example",
        **changes,
    }


def cluster(**changes: Any) -> dict[str, Any]:
    return {
        "id": "town",
        "name": "小城",
        "outlets": [outlet("east"), outlet("west")],
        "people": [{"id": "an", "name": "安", "role": "editor", "title": "责编", "email": "an@town.example"}],
        "rota": {"anchor": "2026-01-05", "order": ["east", "west"]},
        **changes,
    }


def campaign(**changes: Any) -> dict[str, Any]:
    return {
        "id": "cup",
        "name": "杯赛",
        "cluster": "town",
        "owner": "an",
        "columns": [{"id": "live", "name": "直击"}],
        "watch": {"keywords": ["杯赛"]},
        "sources": [{"kind": "workbook", "id": "books", "name": "工作簿", "inbox": "cup"}],
        "pitching": {"meeting": ["an"]},
        "production": {"reviews": {"first": ["an", "bo"], "second": ["an", "bo"], "final": ["bo", "cen"]}},
        "publishing": {"channels": ["wechat"]},
        "reporting": {"rules": "rules-v1", "recipients": ["an"]},
        **changes,
    }


class TestFields:
    @pytest.mark.parametrize("good", ["cunchao", "dongguan-daily", "a_1", "x" * 64])
    def test_slugs(self, good: str) -> None:
        assert TypeAdapter(Slug).validate_python(good) == good

    @pytest.mark.parametrize("bad", ["", "Ab", "-a", "a-", "a--b", "东莞", "../x", "a b", "a\n", "x" * 65])
    def test_not_slugs(self, bad: str) -> None:
        with pytest.raises(ValidationError, match="不合规则"):
            TypeAdapter(Slug).validate_python(bad)

    @pytest.mark.parametrize("good", ["http://a.example/x?y=1", "https://a.example:8443", "/feeds/x.xml", "/"])
    def test_addresses(self, good: str) -> None:
        assert TypeAdapter(Address).validate_python(good) == good

    @pytest.mark.parametrize(
        "bad",
        [
            "ftp://a.example/x",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "//a.example/x",
            "feeds/x.xml",
            "http://",
            "http:///x",
            "https://user:secret@a.example/",
            "http://a.example:99999/",
            "http://[::1",
            "/a b",
            "/\\evil",
            "http://a.example/\n",
            "",
        ],
    )
    def test_not_addresses(self, bad: str) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter(Address).validate_python(bad)

    @pytest.mark.parametrize(
        "bad", ["a", "a@b", "安 <a@b.example>", "a@b.example\nBcc: x@y.example", "a@-b.example", "@b.c"]
    )
    def test_not_mail_addresses(self, bad: str) -> None:
        with pytest.raises(ValidationError, match="不是邮箱地址"):
            TypeAdapter(Email).validate_python(bad)

    @pytest.mark.parametrize("bad", ["/etc", "../x", "a/../b", "a//b", ".", "a\\b", "~", ".hidden"])
    def test_not_folders(self, bad: str) -> None:
        with pytest.raises(ValidationError, match="文件夹名"):
            TypeAdapter(Folder).validate_python(bad)

    @pytest.mark.parametrize("bad", ["a\nb", "a\u202eb", "\x7f"])
    def test_a_text_is_one_visible_line(self, bad: str) -> None:
        with pytest.raises(ValidationError, match="控制字符"):
            TypeAdapter(Text).validate_python(bad)


class TestCluster:
    def test_a_good_one(self) -> None:
        made = Cluster.model_validate(cluster())
        assert made.timezone == "Asia/Shanghai"
        assert made.zone.key == "Asia/Shanghai"
        assert made.outlet("west").name == "WEST"
        assert made.person("an").title == "责编"

    def test_strangers_are_named(self) -> None:
        made = Cluster.model_validate(cluster())
        with pytest.raises(BadInput, match="没有媒体“north”"):
            made.outlet("north")
        with pytest.raises(BadInput, match="没有人员“north”"):
            made.person("north")

    def test_frozen(self) -> None:
        made = Cluster.model_validate(cluster())
        with pytest.raises(ValidationError):
            made.name = "x"  # type: ignore[misc]

    def test_everything_wrong_is_told_with_its_place(self) -> None:
        person = cluster()["people"][0]
        raw = cluster(
            outlets=[outlet("east"), outlet("east")],
            people=[person, person],
            rota={"anchor": "2026-01-05", "order": ["east", "north"]},
        )
        assert told(Cluster, raw) == [
            ("outlets[1].id", "媒体标识“east”重复了"),
            ("outlets[1].name", "媒体名称“EAST”重复了"),
            ("people[1].id", "人员标识“an”重复了"),
            ("rota.order[1]", "没有媒体“north”"),
        ]

    def test_two_accounts_never_share_a_connection(self) -> None:
        first = [{"channel": "weibo", "handle": "a"}]
        second = [{"channel": "wechat", "handle": "b", "connection": "rongmei_weibo_east"}]
        raw = cluster(outlets=[outlet("east", accounts=first), outlet("west", accounts=second)])
        assert told(Cluster, raw) == [
            ("outlets[1].accounts[0].connection", "连接“rongmei_weibo_east”已被另一个账号使用")
        ]

    def test_ids_that_differ_by_a_dash_would_share_the_derived_connection(self) -> None:
        accounts = [{"channel": "weibo", "handle": "a"}]
        raw = cluster(
            outlets=[outlet("a-b", accounts=accounts), outlet("a_b", name="B", accounts=accounts)],
            rota={"anchor": "2026-01-05", "order": ["a-b"]},
        )
        assert told(Cluster, raw) == [("outlets[1].accounts[0]", "连接“rongmei_weibo_a_b”已被另一个账号使用")]

    def test_one_account_per_channel(self) -> None:
        accounts = [{"channel": "weibo", "handle": "a"}, {"channel": "weibo", "handle": "b"}]
        assert told(Outlet, outlet(accounts=accounts)) == [("accounts[1].channel", "渠道“weibo”重复了")]

    def test_an_unknown_time_zone(self) -> None:
        assert told(Cluster, cluster(timezone="Asia/Dongguan")) == [("timezone", "没有时区“Asia/Dongguan”")]

    def test_names_derived_from_an_account(self) -> None:
        accounts = [{"channel": "wechat", "handle": "a"}, {"channel": "weibo", "handle": "b", "connection": "my-own"}]
        made = Cluster.model_validate(
            cluster(
                outlets=[outlet("east-end", accounts=accounts), outlet("east")],
                rota={"anchor": "2026-01-05", "order": ["east"]},
            )
        )
        first, second = made.accounts()
        assert (account_key(*first), connection_id(*first)) == ("east-end/wechat", "rongmei_wechat_east_end")
        assert (account_key(*second), connection_id(*second)) == ("east-end/weibo", "my-own")

    def test_nobody_knows_the_followers_is_not_zero(self) -> None:
        assert Account(channel="weibo", handle="a").followers is None


class TestRota:
    ROTA = Rota(anchor=date(2026, 1, 5), order=("a", "b", "c"))

    @pytest.mark.parametrize(
        ("day", "who"),
        [
            (date(2026, 1, 5), "a"),
            (date(2026, 1, 11), "a"),
            (date(2026, 1, 12), "b"),
            (date(2026, 1, 26), "a"),
            (date(2026, 1, 4), "c"),
            (date(2025, 12, 29), "c"),
        ],
    )
    def test_on_duty(self, day: date, who: str) -> None:
        assert self.ROTA.on_duty(day) == who

    @given(st.dates(date(2020, 1, 1), date(2035, 1, 1)))
    def test_a_week_belongs_to_one_outlet_and_the_weeks_are_shared_evenly(self, day: date) -> None:
        monday = day - timedelta(days=day.weekday())
        assert {self.ROTA.on_duty(monday + timedelta(days=n)) for n in range(7)} == {self.ROTA.on_duty(day)}
        # A week of public holidays may change hands within the round, never beyond it.
        weeks = [self.ROTA.on_duty(monday + timedelta(weeks=n)) for n in range(52)]
        assert all(15 <= weeks.count(outlet) <= 20 for outlet in self.ROTA.order)

    def test_the_anchor_is_a_monday(self) -> None:
        found = faults(Rota, {"anchor": "2026-01-07", "order": ["a"]})
        assert [(fault.message, fault.mend) for fault in found] == [
            ("轮值起点 2026-01-07 不是星期一", "例如改成 2026-01-05")
        ]


class TestAssignmentRules:
    def test_points_are_kept_between_nothing_and_two_hundred(self) -> None:
        assert AssignmentWeights(beat=12.5, travel=0).model_dump() == {
            **AssignmentWeights().model_dump(),
            "beat": 12.5,
            "travel": 0.0,
        }
        for wrong in (-1, 200.5, True, "50"):
            with pytest.raises(ValidationError):
                AssignmentWeights.model_validate({"beat": wrong})
        with pytest.raises(ValidationError):
            AssignmentWeights.model_validate({"beats": 1})

    @pytest.mark.parametrize("weights", [AssignmentWeights(), AssignmentWeights(pitcher=200, rota_joint=200, beat=200)])
    def test_no_reason_outweighs_a_channel_and_no_channel_a_person(self, weights: AssignmentWeights) -> None:
        reasons = sum(weights.model_dump().values())
        assert weights.channel_missed > reasons
        assert weights.escalation > 8 * weights.channel_missed + reasons

    def test_what_is_said_twice(self) -> None:
        twice = {"recusals": [{"outlet": "humen", "words": ["甲"]}, {"outlet": "humen", "words": ["乙"]}]}
        assert [fault.message for fault in faults(AssignmentRules, twice)] == ["回避媒体“humen”重复了"]
        sides = {"opponents": [["甲队", "乙队"], ["丙队", "丙队"]]}
        assert [(fault.message, fault.at) for fault in faults(AssignmentRules, sides)] == [
            ("对立的一方“丙队”重复了", ("opponents", 1, 1))
        ]

    def test_one_side_alone_is_no_dispute(self) -> None:
        with pytest.raises(ValidationError):
            AssignmentRules.model_validate({"opponents": [["甲队"]]})


class TestCampaign:
    def test_defaults(self) -> None:
        made = Campaign.model_validate(campaign())
        assert (made.pitching.shortlist_size, made.pitching.accept_at_most, made.pitching.meeting_hours) == (12, 6, 4)
        assert (made.assignment.answer_hours, made.assignment.max_rounds, made.assignment.partners) == (3, 3, 1)
        assert (made.production.deadline_hours, made.production.min_chars, made.production.max_image_mb) == (8, 80, 20)
        assert (made.publishing.accounts, made.publishing.late_after_hours) == ("author_and_city", 6)
        assert (made.publishing.slots, made.publishing.min_gap_minutes) == ({}, 10)
        assert made.measurement.checkpoint_hours == 24
        assert sum(made.pitching.weights.model_dump().values()) == pytest.approx(1)

    def test_without_seasons_it_is_always_in_season(self) -> None:
        made = Campaign.model_validate(campaign())
        assert made.in_season(date(1999, 1, 1))
        assert not made.runs_on(date(2026, 5, 1)), "没有定时就不会自己开期"

    def test_days_it_runs_on(self) -> None:
        seasons = [{"start": "2026-05-01", "end": "2026-05-31"}]
        weekly = Campaign.model_validate(campaign(seasons=seasons, schedule={"cron": "0 9 * * 6"}))
        assert weekly.runs_on(date(2026, 5, 2))
        assert not weekly.runs_on(date(2026, 5, 3))
        assert not weekly.runs_on(date(2026, 6, 6))
        listed = {"cron": "0 9 * * *", "matchdays": ["2026-05-09"]}
        matches = Campaign.model_validate(campaign(seasons=seasons, schedule=listed))
        assert matches.runs_on(date(2026, 5, 9))
        assert not matches.runs_on(date(2026, 5, 2))

    def test_both_ends_of_a_season_belong_to_it(self) -> None:
        season = Season(start=date(2026, 5, 1), end=date(2026, 5, 31))
        assert date(2026, 5, 1) in season
        assert date(2026, 5, 31) in season
        assert date(2026, 6, 1) not in season

    def test_a_season_cannot_end_before_it_begins(self) -> None:
        raw = {"start": "2026-06-01", "end": "2026-05-01"}
        assert told(Season, raw) == [("start", "赛季开始 2026-06-01 晚于结束 2026-05-01")]

    def test_a_match_day_outside_every_season(self) -> None:
        schedule = {"cron": "0 18 * * *", "matchdays": ["2026-05-09", "2026-07-01"]}
        raw = campaign(seasons=[{"start": "2026-05-01", "end": "2026-05-31"}], schedule=schedule)
        assert told(Campaign, raw) == [("schedule.matchdays[1]", "比赛日 2026-07-01 不在任何赛季内")]

    def test_a_season_in_which_the_cron_line_never_fires(self) -> None:
        raw = campaign(seasons=[{"start": "2026-05-04", "end": "2026-05-08"}], schedule={"cron": "0 18 * * 6"})
        [(where, what)] = told(Campaign, raw)
        assert where == "seasons[0]"
        assert "一次也不会到" in what

    @pytest.mark.parametrize(
        ("schedule", "where", "said"),
        [
            ({"cron": "0 18 * *"}, "cron", "有 4 段，应为 5 段"),
            ({"cron": "0,30 18 * * *"}, "cron", "一天不止一次"),
            ({"cron": "0 18 * * 6", "matchdays": ["2026-05-04"]}, "matchdays[0]", "不在定时“0 18 * * 6”的日子里"),
            ({"cron": "0 18 * * *", "matchdays": ["2026-05-04"] * 2}, "matchdays[1]", "“2026-05-04”重复了"),
        ],
    )
    def test_impossible_schedules(self, schedule: dict[str, Any], where: str, said: str) -> None:
        [(at, what)] = told(Schedule, schedule)
        assert at == where
        assert said in what

    def test_repeated_columns_and_sources(self) -> None:
        column = {"id": "live", "name": "直击"}
        source = campaign()["sources"][0]
        assert told(Campaign, campaign(columns=[column, column], sources=[source, source])) == [
            ("columns[1].id", "栏目标识“live”重复了"),
            ("columns[1].name", "栏目名称“直击”重复了"),
            ("sources[1].id", "来源标识“books”重复了"),
        ]

    def test_one_mailbox_and_one_set_of_forms_at_most(self) -> None:
        twice = [{"kind": kind, "id": f"{kind}{n}", "name": "x"} for kind in ("mailbox", "submissions") for n in (1, 2)]
        assert told(Campaign, campaign(sources=twice)) == [
            ("sources[3]", "一个活动只能有一个收报题表的来源"),
            ("sources[1]", "一个活动只能有一个收件邮箱"),
        ]

    @pytest.mark.parametrize(
        ("source", "where", "said"),
        [
            ({"kind": "feed", "id": "f", "name": "f", "urls": ["/a", "ftp://x/"]}, "sources[0].urls[1]", "不能用"),
            ({"kind": "feed", "id": "f", "name": "f", "urls": []}, "sources[0].urls", "至少要有 1 项"),
            ({"kind": "feed", "id": "f", "name": "f"}, "sources[0].urls", "缺少“urls”"),
            ({"kind": "fed", "id": "f"}, "sources[0]", "workbook、feed、board、mailbox、submissions 之一，写的是“fed”"),
            ({"id": "f"}, "sources[0]", "来源缺少 kind"),
            ("x", "sources[0]", "应为一组“键: 值”"),
            ({"kind": "board", "id": "b", "name": "b", "board": "x"}, "sources[0].board", "只能是 weibo、zhihu"),
            ({"kind": "board", "id": "b", "name": "b", "board": "zhihu", "url": 1}, "sources[0].url", "应为文字"),
            ({"kind": "board", "id": "b", "name": "b", "board": "zhihu", "rank": 1}, "sources[0].rank", "没有“rank”"),
            ({"kind": "board", "id": "b", "name": "b"}, "sources[0].board", "缺少“board”"),
            ({"kind": "workbook", "id": "b", "name": "b", "inbox": "../x"}, "sources[0].inbox", "文件夹名"),
            ({"kind": "mailbox", "id": "m", "name": "m", "words": ["村超", "村超"]}, "sources[0].words[1]", "重复"),
            ({"kind": "mailbox", "id": "directive", "name": "m"}, "sources[0].id", "留给编辑部的指令"),
            (
                {"kind": "submissions", "id": "s", "name": "s", "moderators": ["a", "a"]},
                "sources[0].moderators[1]",
                "重复",
            ),
        ],
    )
    def test_sources(self, source: Any, where: str, said: str) -> None:
        [(at, what)] = told(Campaign, campaign(sources=[source]))
        assert at == where
        assert said in what

    def test_a_paths_base_comes_from_the_run(self) -> None:
        assert source_url("https://a.example/x", None) == "https://a.example/x"
        assert source_url("/x", "http://base.example/api/") == "http://base.example/api/x"
        with pytest.raises(BadInput, match="RONGMEI_SOURCES_BASE"):
            source_url("/x", "")

    def test_weights_add_up_to_one(self) -> None:
        [fault] = faults(ShortlistWeights, {"heat": 0.5})
        assert fault.message == "各项权重之和是 1.3，应为 1"
        assert told(RuleSet, {"id": "r", "name": "r", "version": "1", "weights": {"spread": 0.9}}) == [
            ("", "各项权重之和是 0.9，应为 1")
        ]

    def test_ten_tenths_are_one(self) -> None:
        weights = {f"w{n}": 0.1 for n in range(10)}
        assert RuleSet.model_validate({"id": "r", "name": "r", "version": "1", "weights": weights}).weights == weights

    def test_more_accepted_than_shortlisted(self) -> None:
        raw = {"meeting": ["an"], "shortlist_size": 5}
        assert told(Pitching, raw) == [("accept_at_most", "最多采用 6 条，多于入围的 5 条")]

    def test_an_excluded_word_that_is_also_wanted(self) -> None:
        assert told(Watch, {"keywords": ["村超"], "exclusions": ["乡村超市", "村超"]}) == [
            ("exclusions[1]", "排除词“村超”同时是关键词或别名")
        ]

    @pytest.mark.parametrize(
        ("slots", "where", "said"),
        [
            ({"wechat": ["8:30"]}, "slots.wechat[0]", "时刻“8:30”不对"),
            ({"wechat": ["24:00"]}, "slots.wechat[0]", "时刻“24:00”不对"),
            ({"wechat": [1080]}, "slots.wechat[0]", "应为文字，写的是 1080"),
            ({"wechat": ["08:30", "08:30"]}, "slots.wechat[1]", "时刻“08:30”重复了"),
            ({"wechat": []}, "slots.wechat", "至少要有 1 项"),
            ({"weibo": ["08:30"]}, "slots.weibo", "没有列入 channels"),
            ({"weixin": ["08:30"]}, "slots.weixin", "没有渠道“weixin”"),
        ],
    )
    def test_slots(self, slots: dict[str, Any], where: str, said: str) -> None:
        [(at, what)] = told(PublishingRules, {"channels": ["wechat"], "slots": slots})
        assert at == where
        assert said in what


class TestReviews:
    @pytest.mark.parametrize(
        ("first", "second", "final"),
        [("ab", "ab", "bc"), ("ab", "bc", "ac"), ("ab", "cd", "ef"), ("abc", "abc", "abc")],
    )
    def test_three_different_people_can_be_found(self, first: str, second: str, final: str) -> None:
        Reviews(first=tuple(first), second=tuple(second), final=tuple(final))

    def test_two_people_cannot_do_three_reviews(self) -> None:
        raw = {"first": ["a", "b"], "second": ["a", "b"], "final": ["b", "a"]}
        assert told(Reviews, raw) == [("", "三审排不出三个不同的人")]

    def test_a_stage_of_one(self) -> None:
        raw = {"first": ["a", "b"], "second": ["b", "c"], "final": ["d"]}
        assert told(Reviews, raw) == [("final", "终审只有 1 人可选")]

    def test_the_same_person_twice_is_one_person(self) -> None:
        raw = {"first": ["a", "a"], "second": ["b", "c"], "final": ["d", "e"]}
        assert told(Reviews, raw) == [("first[1]", "初审人员“a”重复了"), ("first", "初审只有 1 人可选")]

    @given(st.tuples(*[st.frozensets(st.sampled_from("abcd"), min_size=2)] * 3))
    def test_refused_exactly_when_fewer_than_three_people_take_part(self, stages: tuple[frozenset[str], ...]) -> None:
        # With two people a stage, Hall's condition comes down to three people in all.
        raw = dict(zip(("first", "second", "final"), map(sorted, stages), strict=True))
        if len(frozenset.union(*stages)) >= 3:
            Reviews.model_validate(raw)
        else:
            assert [what for _, what in told(Reviews, raw)] == ["三审排不出三个不同的人"]


@pytest.mark.parametrize(
    ("changes", "where", "said"),
    [
        ({"size": "3"}, "size", "应为整数，写的是“3”"),
        ({"size": True}, "size", "应为整数，写的是 true"),
        ({"size": 0}, "size", "不能小于 1，写的是 0"),
        ({"size": None}, "size", "应为整数，却空着"),
        ({"name": 12}, "name", "应为文字，写的是 12"),
        ({"name": "  "}, "name", "不能为空"),
        ({"name": "长" * 201}, "name", "最多 200 个字"),
        ({"regions": "东街"}, "regions", "应为列表，写的是“东街”"),
        ({"regions": []}, "regions", "至少要有 1 项"),
        ({"kind": "village"}, "kind", "只能是 city、park、town 之一，写的是“village”"),
        ({"acounts": []}, "acounts", "这里没有“acounts”这一项"),
    ],
)
def test_wrong_types_in_chinese(changes: dict[str, Any], where: str, said: str) -> None:
    [fault] = faults(Outlet, outlet(**changes))
    assert dotted(fault.at) == where
    assert said in fault.message
    assert fault.mend


def test_a_typo_is_answered_with_what_was_meant() -> None:
    [fault] = faults(Outlet, outlet(acounts=[]))
    assert "是不是想写“accounts”" in fault.mend
