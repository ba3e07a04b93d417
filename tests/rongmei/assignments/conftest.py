"""A cluster of five newsrooms, an edition with accepted pitches, and an empty ledger."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from rongmei.config import Campaign, Cluster, Plan, RuleSet
from rongmei.errors import TryLater
from rongmei.ledger import Assignment, Edition, Ledger, Pitch, open_edition
from rongmei.ledger.tables import Base

DAY = date(2026, 6, 6)


def outlet(outlet_id: str, name: str, kind: str, regions: list[str], beats: list[str], **values) -> dict:
    base = {"size": 10, "capacity_per_day": 2, "accounts": [], "contact_email": f"{outlet_id}@example.com"}
    return {"id": outlet_id, "name": name, "kind": kind, "regions": regions, "beats": beats, **base, **values}


CLUSTER = {
    "id": "dongguan",
    "name": "东莞融媒体集群",
    "outlets": [
        outlet("daily", "东莞日报", "city", ["东莞"], ["时政"], size=100, capacity_per_day=5),
        outlet("dongcheng", "东城融媒体中心", "town", ["东城街道", "东城"], ["民生"]),
        outlet("shilong", "石龙融媒体中心", "town", ["石龙镇", "石龙"], ["体育", "民俗"]),
        outlet("humen", "虎门融媒体中心", "town", ["虎门镇", "虎门"], ["服装"]),
        outlet("nancheng", "南城融媒体中心", "town", ["南城街道", "南城"], ["体育"]),
    ],
    "people": [
        {"id": name, "name": name, "role": "editor", "title": "编辑", "email": f"{name}@example.com"}
        for name in ("chen-ce", "zhou-dai", "lin-chu", "zhao-fu")
    ],
    "rota": {"anchor": "2026-06-01", "order": ["humen", "dongcheng"]},
}
CAMPAIGN = {
    "id": "cunchao",
    "name": "村超比赛日",
    "cluster": "dongguan",
    "owner": "chen-ce",
    "columns": [{"id": "live", "name": "赛场直击", "beats": ["体育"]}],
    "watch": {"keywords": ["村超"]},
    "sources": [
        {"kind": "workbook", "id": "workbooks", "name": "报题工作簿", "inbox": "cunchao"},
        {"kind": "board", "id": "weibo-board", "name": "微博热搜", "board": "weibo"},
    ],
    "pitching": {"meeting": ["chen-ce"]},
    "assignment": {"answer_hours": 3, "max_rounds": 2, "partners": 1, "fairness_days": 28},
    "production": {
        "deadline_hours": 8,
        "reviews": {
            "first": ["chen-ce", "lin-chu"],
            "second": ["zhou-dai", "zhao-fu"],
            "final": ["zhao-fu", "lin-chu"],
        },
    },
    "publishing": {"channels": ["wechat"]},
    "reporting": {"rules": "v1", "recipients": ["chen-ce"]},
}
RULES = {"id": "v1", "name": "考核", "version": "1", "weights": {"spread": 1.0}}


class Carrier:
    """A transport that remembers what it carried; while `away` nothing goes out."""

    def __init__(self) -> None:
        self.sent = {}
        self.away = False

    def send(self, message, recipient: str) -> None:
        if self.away:
            raise TryLater("邮件服务器不在")
        self.sent.setdefault(recipient, []).append(message)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def plan() -> Plan:
    return Plan(Campaign.model_validate(CAMPAIGN), Cluster.model_validate(CLUSTER), RuleSet.model_validate(RULES))


@pytest.fixture
def now() -> datetime:
    """20:00 in Shanghai on the edition's day."""
    return datetime(2026, 6, 6, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory) -> Path:
    """A file with the ledger's tables and nothing in them; copying it is quicker than making it."""
    file = tmp_path_factory.mktemp("ledger") / "empty.db"
    made = Ledger(f"sqlite:///{file}")
    Base.metadata.create_all(made.engine)
    made.close()
    return file


@pytest.fixture
def ledger(tmp_path, empty_ledger):
    shutil.copyfile(empty_ledger, tmp_path / "ledger.db")
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield made
    made.close()


@pytest.fixture
def open_day(ledger, now):
    def open_(day: date = DAY, *, campaign: str = "cunchao", rehearsal: bool = False, **options) -> str:
        with ledger.begin() as session:
            return open_edition(session, campaign, day, rehearsal=rehearsal, options=options, now=now).key

    return open_


@pytest.fixture
def key(open_day) -> str:
    return open_day()


@pytest.fixture
def pitch(ledger, now):
    """Puts an accepted pitch into an edition and gives its id."""

    def put(key: str, title: str, **values) -> int:
        base = {"source": "workbooks", "ref": title, "outlet": None, "state": "accepted", "submitted_at": now}
        base |= {"channels": [], "score_terms": {}}
        with ledger.begin() as session:
            edition = session.scalars(select(Edition).where(Edition.key == key)).one()
            made = Pitch(edition_id=edition.id, title=title, **{**base, **values})
            session.add(made)
            session.flush()
            return made.id

    return put


@pytest.fixture
def held(ledger, now, open_day, pitch):
    """Records earlier work: an outlet with a task in some state on some day."""

    def put(outlet_id: str, day: date, state: str = "done", **where) -> None:
        campaign = where.get("campaign", "zhumeng")
        key = open_day(day, **{"campaign": campaign, **where})
        pitch_id = pitch(key, f"旧任务 {outlet_id} {day} {now} {len(all_rows(ledger, Pitch))}")
        with ledger.begin() as session:
            session.add(
                Assignment(
                    edition_id=session.get(Pitch, pitch_id).edition_id,
                    pitch_id=pitch_id,
                    outlet=outlet_id,
                    state=state,
                    partners=[],
                    reasons={},
                    answer_by=now,
                    deadline_at=now,
                    offered_at=now - timedelta(hours=1),
                )
            )

    return put


def all_rows(ledger, table) -> list:
    with ledger.read() as session:
        found = session.scalars(select(table).order_by(table.id)).all()
        session.expunge_all()
        return list(found)


@pytest.fixture
def rows(ledger):
    return lambda table: all_rows(ledger, table)


@pytest.fixture
def dump(ledger):
    """Everything in the ledger as plain values, to see whether a second run changed anything."""

    def read() -> dict:
        with ledger.engine.connect() as connection:
            return {
                table.name: [tuple(map(repr, row)) for row in connection.execute(table.select())]
                for table in Base.metadata.sorted_tables
            }

    return read
