"""A small cluster with four newsrooms, one campaign with a source of each kind, and an empty ledger."""

from datetime import UTC, date, datetime
from shutil import copyfile

import pytest
from sqlalchemy import select

from rongmei.config import Campaign, Cluster, Plan, RuleSet
from rongmei.ledger import Edition, Ledger, Pitch, open_edition
from rongmei.ledger.tables import Base
from rongmei.settings import Settings

DAY = date(2026, 6, 6)


def outlet(outlet_id: str, name: str, kind: str, regions: list[str], beats: list[str]) -> dict:
    return {
        "id": outlet_id,
        "name": name,
        "kind": kind,
        "size": 10,
        "regions": regions,
        "beats": beats,
        "capacity_per_day": 3,
        "accounts": [{"channel": "wechat", "handle": f"{regions[0]}融媒"}],
        "contact_email": f"{outlet_id}@example.com",
    }


CLUSTER = {
    "id": "dongguan",
    "name": "东莞融媒体集群",
    "outlets": [
        outlet("dongguan-daily", "东莞日报", "city", ["东莞"], ["时政", "体育"]),
        outlet("dongcheng", "东城融媒体中心", "town", ["东城街道", "东城"], ["民生", "商业"]),
        outlet("shilong", "石龙融媒体中心", "town", ["石龙镇", "石龙"], ["体育", "民俗"]),
        outlet("humen", "虎门融媒体中心", "town", ["虎门镇", "虎门"], ["服装"]),
    ],
    "people": [
        {"id": name, "name": name, "role": "editor", "title": "编辑", "email": f"{name}@example.com"}
        for name in ("chen-ce", "zhou-dai", "lin-chu", "zhao-fu")
    ],
    "rota": {"anchor": "2026-01-05", "order": ["shilong"]},
}
CAMPAIGN = {
    "id": "cunchao",
    "name": "村超比赛日",
    "cluster": "dongguan",
    "owner": "chen-ce",
    "columns": [
        {"id": "live", "name": "赛场直击", "beats": ["体育"]},
        {"id": "people", "name": "村味人情", "beats": ["民俗"]},
    ],
    "watch": {"keywords": ["村超"], "places": ["榕江"], "exclusions": ["乡村超市", "乡村超模"]},
    "sources": [
        {"kind": "workbook", "id": "workbooks", "name": "报题工作簿", "inbox": "cunchao"},
        {
            "kind": "feed",
            "id": "daily-feed",
            "name": "东莞日报",
            "urls": ["/a.xml", "/b.xml"],
            "outlet": "dongguan-daily",
        },
        {"kind": "board", "id": "weibo-board", "name": "微博热搜", "board": "weibo", "url": "/hot/weibo"},
    ],
    "pitching": {"shortlist_size": 4, "accept_at_most": 2, "meeting": ["chen-ce", "zhou-dai"]},
    "production": {
        "reviews": {"first": ["chen-ce", "lin-chu"], "second": ["zhou-dai", "zhao-fu"], "final": ["zhao-fu", "lin-chu"]}
    },
    "publishing": {"channels": ["wechat"]},
    "reporting": {"rules": "v1", "recipients": ["chen-ce"]},
}
RULES = {"id": "v1", "name": "考核", "version": "1", "weights": {"spread": 1.0}}


@pytest.fixture
def plan() -> Plan:
    return Plan(Campaign.model_validate(CAMPAIGN), Cluster.model_validate(CLUSTER), RuleSet.model_validate(RULES))


@pytest.fixture
def now() -> datetime:
    """18:00 in Shanghai on the edition's day."""
    return datetime(2026, 6, 6, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory):
    """A file with all tables and nothing in them: making them takes longer than most tests."""
    file = tmp_path_factory.mktemp("ledger") / "empty.db"
    made = Ledger(f"sqlite:///{file}")
    Base.metadata.create_all(made.engine)
    # The last connection that closes leaves everything in the one file.
    made.close()
    return file


@pytest.fixture
def ledger(tmp_path, empty_ledger):
    made = Ledger(f"sqlite:///{copyfile(empty_ledger, tmp_path / 'ledger.db')}")
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        home=tmp_path / "home",
        ledger_url="",
        config=tmp_path,
        sandbox_url=None,
        sources_base="http://sandbox.invalid",
        smtp_url=None,
    )


@pytest.fixture
def open_day(ledger, now):
    """Opens an edition and gives its key."""

    def open_(day: date = DAY, *, rehearsal: bool = False, **options) -> str:
        with ledger.begin() as session:
            return open_edition(session, "cunchao", day, rehearsal=rehearsal, options=options, now=now).key

    return open_


@pytest.fixture
def key(open_day) -> str:
    return open_day()


@pytest.fixture
def pitch(ledger, now):
    """Puts a pitch into an edition and gives its id."""

    def put(key: str, title: str, **values) -> int:
        with ledger.begin() as session:
            edition = session.scalars(select(Edition).where(Edition.key == key)).one()
            made = Pitch(
                edition_id=edition.id,
                title=title,
                **{
                    "source": "workbooks",
                    "ref": title,
                    "outlet": "dongcheng",
                    "summary": "",
                    "channels": [],
                    "score_terms": {},
                    "submitted_at": now,
                    **values,
                },
            )
            session.add(made)
            session.flush()
            return made.id

    return put


@pytest.fixture
def rows(ledger):
    """Every row of a table in order of id, detached."""

    def read(table) -> list:
        with ledger.read() as session:
            found = session.scalars(select(table).order_by(table.id)).all()
            session.expunge_all()
            return list(found)

    return read


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
