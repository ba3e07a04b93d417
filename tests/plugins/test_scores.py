"""The pages of appraisal scores: one's own for everybody, all for the desk, nothing for strangers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rongmei.config import load_house
from rongmei.ledger import Ledger, Period, PeriodScore
from rongmei.ledger.periods import fingerprint, packed
from rongmei.ledger.tables import Base
from rongmei.settings import PACKAGE_CONFIG
from rongmei_airflow.scores_app import PREFIX, Board, make_app
from rongmei_airflow.web import Turned

NOW = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)
RULES = {"id": "r", "name": "东莞融媒集群考核规则", "total": {"floor": 0, "cap": 100}, "people": {}}


def terms(name: str, how: str) -> dict[str, Any]:
    line = {"key": "spread.reads", "group": "spread", "name": "阅读", "measured": 10, "value": 50, "weight": 1.0}
    return {"name": name, "summary": f"{name}小结", "lines": [{**line, "share": 1.0, "points": 12.5, "how": how}]}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Base.metadata.create_all(made.engine)
    with made.begin() as session:
        for number, cluster in enumerate(("dongguan", "elsewhere"), 1):
            period = Period(
                key=f"period:{cluster}:2026-06-01..2026-06-07:r@1",
                cluster=cluster,
                first_day=date(2026, 6, 1),
                last_day=date(2026, 6, 7),
                rules="r@1",
                rules_json=packed(RULES),
                inputs_json=packed({"notes": []}),
                inputs_hash=fingerprint({}),
                frozen_at=NOW,
                frozen_by="chen-ce",
            )
            session.add(period)
            session.flush()
            for place, (kind, subject, name) in enumerate(
                (("person", "lin-chu", "林初"), ("person", "zhao-fu", "<b>赵复</b>"), ("outlet", "humen", "虎门")), 1
            ):
                score = PeriodScore(period_id=period.id, kind=kind, subject=subject, total=90.0 - place, rank=place)
                score.terms = terms(name, f"{name}的算式{number}")
                session.add(score)
    yield made
    made.close()


class Reader:
    """Somebody with a browser; `name` is who is logged in."""

    def __init__(self, ledger: Ledger) -> None:
        clusters = list(load_house(PACKAGE_CONFIG).clusters.values())
        self.name: str | None = "lin-chu"
        outer = FastAPI()
        outer.mount(PREFIX, make_app(Board(ledger, lambda: clusters, self.who)))
        self.http = TestClient(outer, follow_redirects=False)

    async def who(self, _: Any) -> str:
        if self.name is None:
            raise Turned(401)
        return self.name

    def get(self, path: str = "") -> Any:
        return self.http.get(f"{PREFIX}/{path}")


@pytest.fixture
def reader(ledger: Ledger) -> Reader:
    return Reader(ledger)


def test_an_editor_sees_their_own_and_nobody_elses(reader: Reader) -> None:
    assert "89.00" in reader.get().text
    page = reader.get("1")
    assert page.status_code == 200
    assert "林初的算式1" in page.text
    assert "赵复" not in page.text
    assert "虎门" not in page.text
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]


def test_the_desk_sees_all_and_names_are_escaped(reader: Reader) -> None:
    reader.name = "chen-ce"
    page = reader.get("1").text
    assert "虎门小结" in page
    assert "&lt;b&gt;赵复&lt;/b&gt;" in page
    assert "<b>赵复" not in page
    assert "不计分" in page


def test_another_clusters_period_is_none(reader: Reader) -> None:
    reader.name = "chen-ce"
    assert [reader.get(path).status_code for path in ("2", "99")] == [404, 404]
    assert reader.get().text.count("<tr>") == 2


def test_nobody_and_strangers(reader: Reader) -> None:
    reader.name = None
    assert reader.get("1").status_code == 303
    reader.name = "stranger"
    assert reader.get("1").status_code == 403


def test_nothing_can_be_sent(reader: Reader) -> None:
    assert reader.http.post(f"{PREFIX}/1").status_code == 405
