"""Rehearsal scenarios: the shipped ones, one at a time, and the same again with the same seed."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sandbox import faults, scenarios

SHIPPED = scenarios.load_scenarios()
LINK = "http://rongmei.example/1"


def play(http: TestClient, name: str, **body: str) -> dict:
    answer = http.post(f"/_sandbox/scenarios/{name}", **({"json": body} if body else {}))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_shipped_ones_are_listed_in_chinese(http: TestClient) -> None:
    listed = http.get("/_sandbox/scenarios").json()
    assert [row["name"] for row in listed] == [
        "风平浪静", "平台抽风", "丢回执", "令牌过期", "审核退回", "慢审核", "额度用完", "敏感词",
        "误判重复", "返回网页", "时钟走偏",
    ]  # fmt: skip
    assert all(len(row["description"]) >= 10 for row in listed)
    assert not any(row["active"] for row in listed)
    assert {order["kind"] for row in listed for order in row["faults"]} <= set(faults.Kind.__args__)


@pytest.mark.parametrize("scenario", SHIPPED, ids=lambda scenario: scenario.id)
def test_each_can_be_played(http: TestClient, scenario: scenarios.Scenario) -> None:
    shown = play(http, scenario.id)
    assert (shown["active"], shown["seen"], shown["fired"]) == (True, 0, 0)
    placed = http.get("/_sandbox/faults").json()
    assert [fault["kind"] for fault in placed] == [order.kind for order in scenario.faults]
    assert len({fault["seed"] for fault in placed}) == len(placed)


def test_only_one_is_played_and_single_orders_stay(http: TestClient, order) -> None:
    order(platform="weibo", kind="server_error")
    play(http, "flaky")
    play(http, "rejected")
    kinds = [(fault["kind"], fault["scenario"]) for fault in http.get("/_sandbox/faults").json()]
    assert kinds == [("server_error", ""), ("review_rejected", "rejected")]
    assert [row["id"] for row in http.get("/_sandbox/scenarios").json() if row["active"]] == ["rejected"]
    play(http, "calm")
    assert [fault["scenario"] for fault in http.get("/_sandbox/faults").json()] == [""]
    assert http.delete("/_sandbox/faults").json() == {"cleared": 1}
    assert not any(row["active"] for row in http.get("/_sandbox/scenarios").json())


def test_a_scenario_counts_what_it_does(http: TestClient, weibo, weibo_other, published) -> None:
    play(http, "sensitive-words")
    for client in (weibo, weibo_other):
        assert client.share(f"一 {LINK}").json()["error_code"] == 20021
        assert client.share(f"一 {LINK}").status_code == 200
    shown = next(row for row in http.get("/_sandbox/scenarios").json() if row["active"])
    assert (shown["id"], shown["fired"]) == ("sensitive-words", 2)
    assert len(published()) == 2


def test_the_same_seed_gives_the_same_faults(http: TestClient, weibo, order) -> None:
    order(platform="wechat", kind="refuse")
    seeds = []
    for seed in ("甲", "乙", "甲"):
        play(http, "web-pages", seed=seed)
        answers = [weibo.get("users/show", screen_name="东城") for _ in range(40)]
        seeds.append([(answer.status_code, answer.text[:1]) for answer in answers])
    assert seeds[0] == seeds[2] != seeds[1]
    assert {status for status, _ in seeds[0]} == {200, 502}


def test_an_unknown_one_is_not_there(http: TestClient) -> None:
    play(http, "rejected")
    assert http.post("/_sandbox/scenarios/nothing").status_code == 404
    assert http.post("/_sandbox/scenarios/calm", json={"sead": "x"}).status_code == 422
    assert [row["id"] for row in http.get("/_sandbox/scenarios").json() if row["active"]] == ["rejected"]


@pytest.mark.parametrize(
    "text",
    [
        "- {id: a, name: 甲, description: 一, faults: [{kind: explode}]}",
        "- {id: A b, name: 甲, description: 一}",
        "- {id: a, name: 甲, description: 一}\n- {id: a, name: 乙, description: 二}",
        "a: b",
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"scenarios\.yaml|validation error"):
        scenarios.load_scenarios(path)
