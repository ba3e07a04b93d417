"""Answers that take their time: how long, the same again, counted by account, and over after an order of 0."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from sandbox.app import create_app, open_world
from sandbox.seed import build_seed, wordpress_credentials

IDS = ["dongcheng", "humen"]


def slow_down(http: TestClient, **pace: Any) -> dict[str, Any]:
    answer = http.post("/_sandbox/latency", json=pace)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(http: TestClient) -> dict[str, Any]:
    return http.get("/_sandbox/latency").json()


def test_without_an_order_nothing_is_kept_back(http: TestClient, wordpress) -> None:
    wordpress.call("GET", "/posts/1")
    assert told(http) == {
        "mean_ms": 0.0,
        "spread_ms": 0.0,
        "seed": "",
        "accounts": {"dongcheng/wordpress": {"calls": 1, "ordered_ms": 0.0, "took_ms": 0.0}},
    }


def test_an_answer_leaves_when_its_time_is_over(http: TestClient, wordpress) -> None:
    slow_down(http, mean_ms=60)
    began = time.monotonic()
    assert wordpress.call("GET", "/posts/1").status_code == 404
    assert time.monotonic() - began >= 0.06
    (mine,) = told(http)["accounts"].values()
    assert mine["ordered_ms"] == 60
    assert mine["took_ms"] >= 60


def test_the_sandbox_itself_is_never_kept_back(http: TestClient) -> None:
    slow_down(http, mean_ms=60_000)
    assert http.get("/_sandbox/health").json() == {"status": "ok"}


def test_latencies_lie_within_the_spread_and_come_again(http: TestClient, wordpress, wordpress_other) -> None:
    def run(seed: str, *, others: int) -> dict[str, dict[str, Any]]:
        slow_down(http, mean_ms=2, spread_ms=2, seed=seed)
        for number in range(20):
            wordpress.call("GET", f"/posts/{number}")
            if number < others:
                wordpress_other.call("GET", "/posts/1")
        return told(http)["accounts"]

    alone, among_others, otherwise = run("a", others=0), run("a", others=3), run("b", others=0)
    mine = alone["dongcheng/wordpress"]["ordered_ms"]
    assert 0 < mine < 20 * 4
    assert among_others["dongcheng/wordpress"]["ordered_ms"] == mine
    assert among_others["humen/wordpress"]["calls"] == 3
    assert otherwise["dongcheng/wordpress"]["ordered_ms"] != mine


def test_a_fault_takes_its_time_too(http: TestClient, wordpress, order: Any) -> None:
    slow_down(http, mean_ms=30)
    order(platform="wordpress", kind="refuse", status=503)
    assert wordpress.call("GET", "/posts/1").status_code == 503
    assert told(http)["accounts"]["dongcheng/wordpress"]["ordered_ms"] == 30


def test_callers_nobody_knows_are_counted_together(http: TestClient) -> None:
    slow_down(http, mean_ms=1)
    http.get("/weibo/2/nothing.json")
    assert set(told(http)["accounts"]) == {"/weibo"}


def test_a_restart_keeps_the_order(tmp_path: Path) -> None:
    seed = build_seed({"derive": True, "ids": IDS})
    first = open_world(tmp_path, seed)
    slow_down(TestClient(create_app(first)), mean_ms=3, spread_ms=1, seed="x")
    first.store.close()
    second = open_world(tmp_path, seed)
    http = TestClient(create_app(second))
    http.get("/wordpress/wp-json/wp/v2/posts/1", auth=tuple(wordpress_credentials("humen").values()))
    assert told(http)["mean_ms"] == 3
    assert 2 < told(http)["accounts"]["humen/wordpress"]["ordered_ms"] < 4
    second.store.close()


def test_an_order_of_nothing_ends_it(http: TestClient, wordpress) -> None:
    slow_down(http, mean_ms=60_000)
    slow_down(http)
    assert wordpress.call("GET", "/posts/1").status_code == 404


@pytest.mark.parametrize(
    "pace",
    [{"mean_ms": -1}, {"mean_ms": 10, "spread_ms": 11}, {"mean_ms": 60_001}, {"mean_ms": 1, "colour": "red"}],
)
def test_an_order_that_makes_no_sense_is_refused(http: TestClient, pace: dict[str, Any]) -> None:
    assert http.post("/_sandbox/latency", json=pace).status_code == 422
