"""Loading a configuration folder: every problem of every file at once, each with its line."""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rongmei.config import ConfigErrors, Problem, campaign_files, check_house, load_campaign, load_house
from rongmei.config.yamlfile import read_yaml


def seen(problems: list[Problem] | tuple[Problem, ...]) -> list[tuple[str, int, str]]:
    return [(problem.file.removeprefix("include/"), problem.line, problem.path) for problem in problems]


def test_a_good_folder(folder: Any) -> None:
    assert check_house(folder.root) == []
    house = load_house(folder.root)
    assert (set(house.clusters), set(house.campaigns), set(house.rules)) == ({"town"}, {"cup"}, {"rules-v1"})
    campaign, cluster, rules, _ = load_campaign(folder.root, "cup")
    assert campaign == house.campaigns["cup"]
    assert cluster == house.clusters["town"]
    assert rules == house.rules["rules-v1"]
    assert campaign.publishing.slots == {"wechat": ("08:30", "21:00")}


def test_a_problem_reads_as_file_line_what_and_mend(folder: Any) -> None:
    line = folder.swap("campaigns/cup.yaml", "meeting: [pan]", "meeting: [pen]")
    assert [str(problem) for problem in check_house(folder.root)] == [
        f"include/campaigns/cup.yaml:{line}：pitching.meeting[0]：没有人员“pen”。改法：可用的有：an、bo、cen、pan"
    ]


def test_several_errors_in_several_files_are_told_at_once_with_their_lines(folder: Any) -> None:
    expected = [
        ("appraisal/rules.yaml", folder.swap("appraisal/rules.yaml", '"1"', "1"), "version"),
        ("campaigns/cup.yaml", folder.swap("campaigns/cup.yaml", "owner: pan", "owner: nobody"), "owner"),
        (
            "campaigns/cup.yaml",
            folder.swap("campaigns/cup.yaml", "2026-05-09]", "2026-06-09]"),
            "schedule.matchdays[1]",
        ),
        (
            "campaigns/cup.yaml",
            folder.swap("campaigns/cup.yaml", "outlet: daily", "outlet: dayly"),
            "sources[1].outlet",
        ),
        (
            "campaigns/cup.yaml",
            folder.swap("campaigns/cup.yaml", "[cen, bo]", "[cen, xu]"),
            "production.reviews.final[1]",
        ),
        ("clusters/town.yaml", folder.swap("clusters/town.yaml", "size: 3", "size: three"), "outlets[1].size"),
        (
            "clusters/town.yaml",
            folder.swap("clusters/town.yaml", "followers: 1000", "fans: 1"),
            "outlets[0].accounts[0].fans",
        ),
    ]
    with pytest.raises(ConfigErrors) as caught:
        load_house(folder.root)
    assert seen(caught.value.problems) == sorted(expected)
    assert str(caught.value).startswith(
        "配置有 7 处问题：\ninclude/appraisal/rules.yaml:3：version：应为文字，写的是 1"
    )


def test_a_wrong_type_does_not_hide_a_stranger(folder: Any) -> None:
    first = folder.swap("campaigns/cup.yaml", "name: 杯赛", "name: [杯赛]")
    second = folder.swap("campaigns/cup.yaml", "recipients: [pan, cen]", "recipients: [pan, xu]")
    assert seen(check_house(folder.root)) == [
        ("campaigns/cup.yaml", first, "name"),
        ("campaigns/cup.yaml", second, "reporting.recipients[1]"),
    ]


def test_a_missing_value_is_told_where_it_should_stand(folder: Any) -> None:
    line = folder.swap("campaigns/cup.yaml", "    final: [cen, bo]\n", "")
    [problem] = check_house(folder.root)
    assert (problem.path, problem.message) == ("production.reviews.final", "缺少“final”")
    assert problem.line == line - 3, "reviews: 那一行"


@pytest.mark.parametrize(
    ("old", "new", "path", "said"),
    [
        ("cluster: town", "cluster: city", "cluster", "没有集群“city”"),
        ("rules: rules-v1", "rules: rules-v2", "reporting.rules", "没有考核规则“rules-v2”"),
        ("[wechat, wordpress]", "[wechat, wordpress, weibo]", "", ""),
        ("id: cup\nname", "id: cap\nname", "id", "id“cap”与文件名“cup.yaml”不一致"),
        (
            "urls: [/feeds/daily.xml]",
            "urls: [ftp://a.example/x]",
            "sources[1].urls[0]",
            "地址“ftp://a.example/x”不能用",
        ),
        ("cron: 0 18 * * *", "cron: 0 18 * *", "schedule.cron", "有 4 段，应为 5 段"),
        ("wechat: [08:30, 21:00]", "wechat: [8:30]", "publishing.slots.wechat[0]", "时刻“8:30”不对"),
    ],
)
def test_one_wrong_reference(folder: Any, old: str, new: str, path: str, said: str) -> None:
    line = folder.swap("campaigns/cup.yaml", old, new)
    problems = check_house(folder.root)
    if not said:
        assert problems == []
        return
    [problem] = problems
    assert (problem.line, problem.path) == (line, path)
    assert said in problem.message
    with pytest.raises(ConfigErrors) as caught:
        load_campaign(folder.root, "cup")
    assert caught.value.problems == (problem,)


def test_a_channel_that_no_account_concerned_is_on(folder: Any) -> None:
    line = folder.swap("campaigns/cup.yaml", "[wechat, wordpress]", "[wechat, weibo]\n  accounts: city")
    [problem] = check_house(folder.root)
    assert (problem.line, problem.path) == (line, "publishing.channels[1]")
    assert problem.message == "市级媒体里没有一个“weibo”账号"
    folder.swap("campaigns/cup.yaml", "accounts: city", "accounts: author")
    assert check_house(folder.root) == []
    line = folder.swap("clusters/town.yaml", "channel: weibo", "channel: wechat")
    assert [problem.message for problem in check_house(folder.root)] == ["集群里没有一个“weibo”账号"]


class TestBrokenFiles:
    def test_a_tab(self, folder: Any) -> None:
        line = folder.swap("campaigns/cup.yaml", "  cron: 0", "\tcron: 0")
        assert [str(problem) for problem in check_house(folder.root)] == [
            f"include/campaigns/cup.yaml:{line}：用了制表符（Tab）缩进。改法：把 Tab 换成空格，每级两个"
        ]

    def test_an_anchor_bomb(self, folder: Any) -> None:
        layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
        folder.write("clusters/bomb.yaml", "\n".join(layers))
        [problem] = check_house(folder.root)
        assert problem.file == "include/clusters/bomb.yaml"
        assert "展开引用后超过" in problem.message

    def test_a_repeated_key_beside_other_errors(self, folder: Any) -> None:
        first = folder.swap("campaigns/cup.yaml", "owner: pan\n", "owner: pan\nowner: an\n")
        second = folder.swap("campaigns/cup.yaml", "rules: rules-v1", "rules: none")
        assert seen(check_house(folder.root)) == [
            ("campaigns/cup.yaml", first + 1, ""),
            ("campaigns/cup.yaml", second, "reporting.rules"),
        ]

    def test_a_broken_campaign_does_not_disturb_another(self, folder: Any) -> None:
        folder.write("campaigns/bad.yaml", "id: bad\n\tname: x\n")
        folder.write("campaigns/worse.yaml", "")
        folder.write("clusters/other.yaml", "id: [\n")
        folder.write("appraisal/other.yaml", "id: [\n")
        campaign, *_ = load_campaign(folder.root, "cup")
        assert campaign.id == "cup"
        with pytest.raises(ConfigErrors) as caught:
            load_campaign(folder.root, "bad")
        assert seen(caught.value.problems) == [("campaigns/bad.yaml", 2, "")]
        assert [file.name for file in campaign_files(folder.root)] == ["bad.yaml", "cup.yaml", "worse.yaml"]
        assert {name for name, _, _ in seen(check_house(folder.root))} == {
            "campaigns/bad.yaml",
            "campaigns/worse.yaml",
            "clusters/other.yaml",
            "appraisal/other.yaml",
        }

    def test_a_campaign_with_a_broken_cluster_says_what_is_wrong_with_the_cluster(self, folder: Any) -> None:
        line = folder.swap("clusters/town.yaml", "anchor: 2026-01-05", "anchor: 2026-01-06")
        with pytest.raises(ConfigErrors) as caught:
            load_campaign(folder.root, "cup")
        assert seen(caught.value.problems) == [("clusters/town.yaml", line, "rota.anchor")]
        folder.write("clusters/town.yaml", "id: [\n")
        with pytest.raises(ConfigErrors) as caught:
            load_campaign(folder.root, "cup")
        assert seen(caught.value.problems) == [("clusters/town.yaml", 1, "")]

    def test_rules_in_an_unreadable_file_are_traced_to_it(self, folder: Any) -> None:
        folder.write("appraisal/rules.yaml", "id: [\n")
        with pytest.raises(ConfigErrors) as caught:
            load_campaign(folder.root, "cup")
        assert [problem.file for problem in caught.value.problems] == [
            "include/appraisal/rules.yaml",
            "include/campaigns/cup.yaml",
        ]

    def test_hostile_values_are_quoted_shortly(self, folder: Any) -> None:
        folder.swap("campaigns/cup.yaml", "owner: pan", f"owner: {'x' * 5000}")
        assert all(len(str(problem)) < 400 for problem in check_house(folder.root))


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in plain data but the top."""
    if at:
        yield at
    for key, child in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(child, (*at, key))


def with_junk(data: Any, at: tuple[Any, ...], junk: Any) -> Any:
    changed = copy.deepcopy(data)
    here = changed
    for step in at[:-1]:
        here = here[step]
    here[at[-1]] = junk
    return changed


@pytest.mark.parametrize("name", ["campaigns/cup.yaml", "clusters/town.yaml", "appraisal/rules.yaml"])
@pytest.mark.parametrize("junk", [None, -1, "乱\u202e写", [], [[{}]], {"x": {}}], ids=str)
def test_junk_in_any_place_is_a_problem_on_that_line_and_never_a_crash(folder: Any, name: str, junk: Any) -> None:
    data = read_yaml(folder.root / name).data
    for at in places(data):
        folder.write(name, json.dumps(with_junk(data, at, junk), ensure_ascii=False, indent=1))
        for problem in check_house(folder.root):
            assert problem.line > 0, (at, problem)
            assert problem.mend, (at, problem)
            assert re.search(r"[\u4e00-\u9fff]", problem.message), (at, problem)
            assert "不能用（" not in problem.message, "每种错误都有自己的中文说法"


class TestFolders:
    @pytest.mark.parametrize("campaign_id", ["none", "../clusters/town", "", "x" * 300, "cup.yaml", "\x00"])
    def test_no_such_campaign(self, folder: Any, campaign_id: str) -> None:
        with pytest.raises(ConfigErrors, match=r"没有活动“.*现有的活动：cup"):
            load_campaign(folder.root, campaign_id)

    def test_a_wrong_root_is_not_an_empty_house(self, tmp_path: Path) -> None:
        assert [problem.message for problem in check_house(tmp_path / "nowhere")] == ["没有这个文件夹"] * 3
        assert campaign_files(tmp_path / "nowhere") == []

    def test_a_file_that_would_be_overlooked(self, folder: Any) -> None:
        folder.write("campaigns/new.yml", "id: new\n")
        [problem] = check_house(folder.root)
        assert (problem.file, problem.mend) == ("include/campaigns/new.yml", "改名为 .yaml")

    def test_editors_leftovers_and_folders_are_not_files(self, folder: Any) -> None:
        folder.write("campaigns/.cup.yaml", "[")
        (folder.root / "campaigns" / "old.yaml").mkdir()
        assert check_house(folder.root) == []

    def test_two_files_with_the_same_rules(self, folder: Any) -> None:
        text = (folder.root / "appraisal/rules.yaml").read_text(encoding="utf-8")
        folder.write("appraisal/second.yaml", text)
        [problem] = check_house(folder.root)
        assert (problem.file, problem.line) == ("include/appraisal/second.yaml", 1)
        assert problem.message == "考核规则“rules-v1”在 include/appraisal/rules.yaml 里已经有了"

    def test_a_relative_root_is_shown_by_its_own_name(self, folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder.root)
        folder.swap("campaigns/cup.yaml", "owner: pan", "owner: x")
        [problem] = check_house(Path())
        assert problem.file == "include/campaigns/cup.yaml"


class TestCache:
    def test_an_edit_is_seen(self, folder: Any) -> None:
        assert load_campaign(folder.root, "cup")[0].name == "杯赛"
        folder.swap("campaigns/cup.yaml", "name: 杯赛", "name: 新杯赛")
        assert load_campaign(folder.root, "cup")[0].name == "新杯赛"

    def test_a_touched_file_of_the_same_size_is_read_again(self, folder: Any) -> None:
        assert load_campaign(folder.root, "cup")[0].name == "杯赛"
        folder.swap("campaigns/cup.yaml", "name: 杯赛", "name: 球赛")
        os.utime(folder.root / "campaigns/cup.yaml", ns=(1, 1))
        assert load_campaign(folder.root, "cup")[0].name == "球赛"

    def test_the_cluster_is_parsed_once_for_many_campaigns(self, folder: Any) -> None:
        text = (folder.root / "campaigns/cup.yaml").read_text(encoding="utf-8")
        folder.write("campaigns/cup2.yaml", text.replace("id: cup\n", "id: cup2\n"))
        assert load_campaign(folder.root, "cup")[1] is load_campaign(folder.root, "cup2")[1]
