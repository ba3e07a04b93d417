"""The configuration that is shipped: valid, whole, and true to the map of Dongguan."""

from __future__ import annotations

import csv
import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from rongmei.config import Campaign, Cluster, House, check_house, connection_id, load_campaign, load_house

REPO = Path(__file__).resolve().parents[3]
INCLUDE = REPO / "include"
SHARED = Path(os.environ.get("RONGMEI_SHARED", REPO.parent / "shared"))
DIVISIONS = SHARED / "data" / "admin_divisions" / "dongguan_and_rongjiang_streets.csv"


@pytest.fixture(scope="module")
def house() -> House:
    return load_house(INCLUDE)


@pytest.fixture(scope="module")
def dongguan(house: House) -> Cluster:
    return house.clusters["dongguan"]


@pytest.fixture(scope="module")
def cunchao(house: House) -> Campaign:
    return house.campaigns["cunchao"]


def test_nothing_is_wrong_with_it() -> None:
    assert [str(problem) for problem in check_house(INCLUDE)] == []


def test_three_and_three_and_thirty_two(dongguan: Cluster) -> None:
    assert Counter(outlet.kind for outlet in dongguan.outlets) == {"city": 3, "park": 3, "town": 32}


def test_who_speaks_where(dongguan: Cluster) -> None:
    channels = {outlet.id: {account.channel for account in outlet.accounts} for outlet in dongguan.outlets}
    assert all("wechat" in spoken for spoken in channels.values())
    assert {outlet_id for outlet_id, spoken in channels.items() if "wordpress" in spoken} == {
        "dongguan-daily",
        "dongguan-broadcasting",
    }
    assert {"dongguan-daily", "dongguan-broadcasting", "dongguan-fabu", "humen"} <= {
        outlet_id for outlet_id, spoken in channels.items() if "weibo" in spoken
    }
    connections = [connection_id(*pair) for pair in dongguan.accounts()]
    assert len(connections) == len(set(connections))


def test_nothing_in_it_reaches_a_real_mailbox(dongguan: Cluster) -> None:
    addresses = [outlet.contact_email for outlet in dongguan.outlets] + [person.email for person in dongguan.people]
    assert all(address.endswith("@dgrm.example") for address in addresses)


def test_every_park_and_town_takes_its_turn(dongguan: Cluster) -> None:
    assert set(dongguan.rota.order) == {outlet.id for outlet in dongguan.outlets if outlet.kind != "city"}
    assert dongguan.rota.on_duty(date(2026, 1, 7)) == "songshan-lake"


@pytest.mark.parametrize("campaign_id", ["cunchao", "dongguan_haomai", "zhumeng_taxiang"])
def test_each_campaign_loads_alone(house: House, campaign_id: str) -> None:
    campaign, cluster, rules, _ = load_campaign(INCLUDE, campaign_id)
    assert campaign == house.campaigns[campaign_id]
    assert cluster.id == "dongguan"
    assert rules.weights == {"spread": 0.4, "engagement": 0.25, "delivery": 0.2, "collaboration": 0.15}


@pytest.mark.parametrize(
    ("campaign_id", "day", "runs"),
    [
        ("cunchao", date(2026, 6, 6), True),
        ("cunchao", date(2026, 1, 6), False),
        ("dongguan_haomai", date(2026, 6, 8), True),
        ("dongguan_haomai", date(2026, 6, 9), False),
        ("zhumeng_taxiang", date(2026, 6, 11), True),
        ("zhumeng_taxiang", date(2026, 6, 12), False),
    ],
)
def test_the_days_they_run_on(house: House, campaign_id: str, day: date, runs: bool) -> None:
    assert house.campaigns[campaign_id].runs_on(day) is runs


def test_the_match_day_campaign_watches_for_what_it_should(cunchao: Campaign) -> None:
    assert cunchao.watch.keywords == ("村超",)
    names = (*cunchao.watch.keywords, *cunchao.watch.aliases)
    assert all(any(name in word for name in ("村超", "乡村超")) for word in cunchao.watch.exclusions)
    assert {"榕江村超", "莞村超", "乡村足球超级联赛"} <= set(names)


def test_the_three_editors_receive_the_match_days_report(cunchao: Campaign, dongguan: Cluster) -> None:
    titles = [dongguan.person(person).title for person in cunchao.reporting.recipients]
    assert titles == ["制片", "责任编辑", "总编辑"]


@pytest.mark.data
@pytest.mark.skipif(
    not DIVISIONS.exists(), reason=f"没有行政区划数据：{DIVISIONS.name}（设 RONGMEI_SHARED 指向共享数据）"
)
def test_every_town_and_park_on_the_map_is_covered_by_its_own_newsroom(dongguan: Cluster) -> None:
    with DIVISIONS.open(encoding="utf-8-sig", newline="") as file:
        units = [row["name"] for row in csv.DictReader(file) if row["cityCode"] == "4419"]
    assert len(units) == 36
    local = [outlet for outlet in dongguan.outlets if outlet.kind != "city"]
    covering = {unit: [outlet for outlet in local if unit in outlet.regions] for unit in units}
    assert {unit: len(outlets) for unit, outlets in covering.items()} == dict.fromkeys(units, 1)
    for unit, [outlet] in covering.items():
        short = unit.removesuffix("街道").removesuffix("镇")
        if outlet.kind == "town":
            assert outlet.name == f"{short}融媒体中心"
            assert short in outlet.regions
    assert {outlet.id for outlets in covering.values() for outlet in outlets} == {outlet.id for outlet in local}
