"""A small house and a lively edition in it: six pitches, four stories, every kind of trouble."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest

from rongmei.config import Campaign, Cluster, ClusterPlan, Plan, RuleSet
from rongmei.ledger import (
    Assignment,
    BoardHit,
    Edition,
    Ledger,
    Mail,
    Pitch,
    PitchEvent,
    Publication,
    PublicationEvent,
    QuotaUse,
    Review,
    Score,
    Snapshot,
    Story,
    StoryVersion,
    open_edition,
)
from rongmei.ledger.tables import Base
from rongmei.metrics.days import rebuild_days
from rongmei.settings import Settings

DAY = date(2026, 6, 6)
KEY = "cunchao/2026-06-06"
OPENED = datetime(2026, 6, 6, 10, 0, tzinfo=UTC)
NOW = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)
CHANNELS = ("wechat", "weibo", "wordpress")


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def make_plan() -> Plan:
    outlets = [
        {
            "id": outlet,
            "name": name,
            "kind": kind,
            "size": 10,
            "regions": [name],
            "beats": ["体育"],
            "capacity_per_day": 3,
            "accounts": [{"channel": channel, "handle": name, "followers": fans} for channel in CHANNELS],
            "contact_email": f"{outlet}@example.com",
        }
        for outlet, name, kind, fans in (
            ("dongguan-daily", "东莞日报", "city", 1_260_000),
            ("chashan", "茶山融媒", "town", 46_000),
            ("shipai", "石排融媒", "town", 31_000),
            ("humen", "虎门融媒", "town", 188_000),
        )
    ]
    people = [
        {"id": person, "name": name, "role": "editor", "title": title, "email": f"{person}@example.com"}
        for person, name, title in (
            ("chen-ce", "陈策", "制片"),
            ("lin-chu", "林初", "责任编辑"),
            ("zhao-fu", "赵复", "部门主任"),
            ("sun-zhong", "孙终", "总编辑"),
        )
    ]
    cluster = Cluster.model_validate(
        {
            "id": "dongguan",
            "name": "东莞融媒体集群",
            "outlets": outlets,
            "people": people,
            "rota": {"anchor": date(2026, 1, 5), "order": ["chashan"]},
        }
    )
    campaign = Campaign.model_validate(
        {
            "id": "cunchao",
            "name": "村超比赛日",
            "cluster": "dongguan",
            "owner": "chen-ce",
            "columns": [{"id": "live", "name": "赛场直击"}, {"id": "people", "name": "村味人情"}],
            "watch": {"keywords": ["村超"]},
            "sources": [{"kind": "workbook", "id": "books", "name": "报题", "inbox": "cunchao"}],
            "pitching": {"meeting": ["chen-ce"]},
            "production": {
                "reviews": {
                    "first": ["lin-chu", "chen-ce"],
                    "second": ["zhao-fu", "chen-ce"],
                    "final": ["sun-zhong", "chen-ce"],
                }
            },
            "publishing": {"channels": list(CHANNELS)},
            "reporting": {
                "rules": "county",
                "recipients": ["chen-ce", "sun-zhong"],
                "reply_to": "chen-ce@example.com",
            },
        }
    )
    weights = {"spread": 0.4, "engagement": 0.25, "delivery": 0.2, "collaboration": 0.15}
    rules = RuleSet.model_validate({"id": "county", "name": "期次考核规则", "version": "1", "weights": weights})
    return Plan(campaign, cluster, rules)


@dataclass(frozen=True)
class Filed:
    """A story of the sample: one post an entry, (account, state, counts)."""

    outlet: str
    title: str
    column: str
    posts: tuple[tuple[str, str, tuple[int | None, ...] | None], ...]
    state: str = "signed_off"


LIVELY = (
    Filed(
        "chashan",
        "茶山村超夜：三万人挤爆泥地球场，阿婆把锅铲当鼓槌",
        "people",
        (
            ("chashan/wechat", "live", (38_412, 1_204, 386, 2_190, 511)),
            ("dongguan-daily/wechat", "live", (86_530, 2_016, 702, 3_488, 930)),
            ("chashan/weibo", "live", (12_080, 388, 92, 140, None)),
            ("chashan/wordpress", "live", (4_211, None, 17, None, None)),
        ),
    ),
    Filed(
        "shipai",
        "石排对虎门：补时绝杀，守门员成了进攻队员",
        "live",
        (
            ("shipai/wechat", "live", (9_640, 310, 66, 402, 88)),
            ("dongguan-daily/wechat", "live", (41_007, 903, 214, 1_120, 260)),
            ("shipai/weibo", "unknown", None),
            ("shipai/wordpress", "live", None),
        ),
    ),
    Filed(
        "humen",
        "一件球衣的四十八小时：虎门服装厂连夜赶工",
        "people",
        (
            ("humen/wechat", "live", (21_900, 455, 120, 380, 90)),
            ("humen/weibo", "failed", None),
            ("humen/wordpress", "missed", None),
        ),
    ),
    Filed("dongguan-daily", "村超背后的夜经济账本", "people", (), state="returned"),
)


def add_edition(ledger: Ledger, *, day: date = DAY, rehearsal: bool = False, note: str = "") -> int:
    with ledger.begin() as session:
        opened = datetime(day.year, day.month, day.day, 10, 0, tzinfo=UTC)
        options = {"note": note}
        return open_edition(session, "cunchao", day, rehearsal=rehearsal, options=options, now=opened).id


def fill(ledger: Ledger, edition_id: int, filed: tuple[Filed, ...] = LIVELY) -> None:
    """Put the stories with their pitches, assignments, reviews and posts into the ledger."""
    with ledger.begin() as session:
        opened = session.get_one(Edition, edition_id).opened_at
        for number, one in enumerate(filed):
            pitch = Pitch(
                edition_id=edition_id,
                source="books",
                ref=f"r{number}",
                outlet=one.outlet,
                title=one.title,
                state="accepted",
                score=0.8 - number / 10,
                submitted_at=opened,
            )
            session.add(pitch)
            session.flush()
            session.add(
                PitchEvent(
                    thing_id=pitch.id,
                    at=opened + minutes(60),
                    by="chen-ce",
                    from_state="shortlisted",
                    to_state="accepted",
                )
            )
            assignment = Assignment(
                edition_id=edition_id,
                pitch_id=pitch.id,
                outlet=one.outlet,
                state="done" if one.state == "signed_off" else "filed",
                partners=["dongguan-daily"] if one.outlet != "dongguan-daily" else [],
                offered_at=opened + minutes(65),
                answer_by=opened + minutes(245),
                deadline_at=opened + minutes(600),
                answered_at=opened + minutes(90 + number),
            )
            session.add(assignment)
            session.flush()
            _file(session, edition_id, assignment.id, one, opened, number)


def _file(session, edition_id: int, assignment_id: int, one: Filed, opened: datetime, number: int) -> None:
    content_hash = f"{edition_id:032d}{number:032d}"
    signed = opened + minutes(300 + number) if one.state == "signed_off" else None
    story = Story(
        edition_id=edition_id,
        assignment_id=assignment_id,
        outlet=one.outlet,
        state=one.state,
        filed_at=opened + minutes(200 + number),
        signed_off_at=signed,
    )
    session.add(story)
    session.flush()
    version = StoryVersion(
        story_id=story.id,
        number=1,
        content_hash=content_hash,
        title=one.title,
        body="正文",
        column=one.column,
        filed_at=story.filed_at,
    )
    session.add(version)
    session.flush()
    story.current_hash = content_hash
    people = (("first_review", "lin-chu"), ("second_review", "zhao-fu"), ("final_review", "sun-zhong"))
    for place, (stage, reviewer) in enumerate(people):
        sent_back = one.state == "returned" and place == 1
        session.add(
            Review(
                story_id=story.id,
                content_hash=content_hash,
                stage=stage,
                reviewer=reviewer,
                decision="return" if sent_back else "pass",
                opinion="营业额的出处要补上" if sent_back else "",
                decided_at=opened + minutes(220 + 20 * place + number),
            )
        )
        if sent_back:
            break
    for account, state, counts in one.posts:
        _post(session, edition_id, story, version, (account, state, counts), opened)


def _post(session, edition_id: int, story, version, post, opened: datetime) -> None:
    account, state, counts = post
    outlet, _, channel = account.partition("/")
    live = state == "live"
    publication = Publication(
        edition_id=edition_id,
        story_id=story.id,
        version_id=version.id,
        outlet=outlet,
        channel=channel,
        account=account,
        state=state,
        fingerprint="f",
        scheduled_at=opened + minutes(330),
        external_id=f"{account}-{story.id}" if live else None,
        url=f"https://example.com/{account}/{story.id}" if live else None,
        live_at=opened + minutes(330 + story.id) if live else None,
        last_error={"failed": "45009 接口当日调用已达上限", "unknown": "发送后连接中断"}.get(state),
    )
    session.add(publication)
    session.flush()
    if counts is not None:
        reads, likes, comments, shares, watching = counts
        for share, after in ((3, 120), (1, 1440)):
            session.add(
                Snapshot(
                    publication_id=publication.id,
                    observed_at=opened + minutes(330 + after),
                    reads=None if reads is None else reads // share,
                    likes=None if likes is None else likes // share,
                    comments=None if comments is None else comments // share,
                    shares=None if shares is None else shares // share,
                    watching=None if watching is None else watching // share,
                )
            )


def add_pitches(ledger: Ledger, edition_id: int) -> None:
    """One merged, one declined, one accepted that nobody took."""
    with ledger.begin() as session:
        first = session.query(Pitch).filter_by(edition_id=edition_id).order_by(Pitch.id).first()
        common = {"edition_id": edition_id, "source": "weibo-board", "submitted_at": OPENED}
        session.add(Pitch(ref="m", title="茶山球场真热闹", state="merged", merged_into_id=first.id, **common))
        session.add(Pitch(ref="d", title="球场边的停车难", state="declined", outlet="humen", **common))
        lonely = Pitch(ref="l", title="女裁判的第一个村超赛季", state="accepted", **common)
        session.add(lonely)
        session.flush()
        for outlet in ("humen", "shipai"):
            session.add(
                Assignment(
                    edition_id=edition_id,
                    pitch_id=lonely.id,
                    outlet=outlet,
                    state="declined",
                    offered_at=OPENED + minutes(65),
                    answer_by=OPENED + minutes(245),
                    deadline_at=OPENED + minutes(600),
                    answered_at=OPENED + minutes(80),
                )
            )


def add_mail(ledger: Ledger, edition_id: int, key: str, state: str) -> None:
    with ledger.begin() as session:
        session.add(
            Mail(
                key=key,
                edition_id=edition_id,
                recipient="humen@example.com",
                subject="派单通知",
                message_id=key,
                message=b"",
                state=state,
                last_error="550 查无此人",
                queued_at=OPENED,
            )
        )


def add_scores(ledger: Ledger, edition_id: int, totals: dict[str, float]) -> None:
    """Scores as the appraisal leaves them."""
    ordered = sorted(totals.items(), key=lambda pair: -pair[1])
    with ledger.begin() as session:
        for place, (outlet, total) in enumerate(ordered, start=1):
            dimensions = [
                {"key": "spread", "name": "传播", "value": 70.0, "points": 28.0, "how": "…"},
                {"key": "engagement", "name": "互动", "value": None, "points": None, "how": "平台还没有给出数据"},
            ]
            index = {"account": f"{outlet}/wechat", "version": "WCI V14.2", "forwards": True, "value": 846.32}
            terms = {
                "dimensions": dimensions,
                "complete": place > 1,
                "summary": f"传播 70×40%=28.00；合计 {total:.2f}",
                "indexes": [index] if place == 1 else [],
            }
            session.add(
                Score(
                    edition_id=edition_id,
                    outlet=outlet,
                    rules="county@1",
                    total=total,
                    rank=place,
                    terms=terms,
                    scored_at=NOW,
                )
            )


@pytest.fixture(scope="session")
def plan() -> Plan:
    return make_plan()


@pytest.fixture
def ledger(tmp_path):
    one = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Base.metadata.create_all(one.engine)
    yield one
    one.close()


@pytest.fixture
def settings(tmp_path) -> Settings:
    home = tmp_path / "home"
    return Settings(home, "sqlite://", Path("include"), None, None, None)


@pytest.fixture(scope="session")
def lively_file(tmp_path_factory) -> Path:
    """The database of `lively`, made once and copied for each test."""
    file = tmp_path_factory.mktemp("lively") / "ledger.db"
    ledger = Ledger(f"sqlite:///{file}")
    Base.metadata.create_all(ledger.engine)
    before = add_edition(ledger, day=DAY - timedelta(days=7))
    fill(ledger, before, (replace(LIVELY[1], posts=LIVELY[1].posts[:2]),))
    edition_id = add_edition(ledger, note="今晚有雨，\n注意安全")
    fill(ledger, edition_id)
    add_pitches(ledger, edition_id)
    add_scores(ledger, edition_id, {"chashan": 86.4, "humen": 71.2, "shipai": 66.5})
    add_mail(ledger, edition_id, "assignment:1", "failed")
    with ledger.engine.connect() as connection:
        connection.connection.execute("PRAGMA journal_mode = DELETE")
    ledger.close()
    return file


@pytest.fixture
def lively(lively_file, tmp_path):
    """A ledger with an edition full of life, and the smaller one a week before."""
    one = Ledger(f"sqlite:///{copyfile(lively_file, tmp_path / 'lively.db')}")
    yield one
    one.close()


@pytest.fixture(scope="session")
def counted_file(lively_file, tmp_path_factory) -> Path:
    """The database of `counted`: `lively` with its days added up, events, a board, people who read."""
    file = copyfile(lively_file, tmp_path_factory.mktemp("counted") / "ledger.db")
    ledger = Ledger(f"sqlite:///{file}")
    rebuild_days(ledger)
    with ledger.begin() as session:
        posts = {(post.account, post.state): post for post in session.query(Publication)}
        failed, live = posts["humen/weibo", "failed"], posts["chashan/weibo", "live"]
        session.add(
            PublicationEvent(
                thing_id=failed.id, at=OPENED + minutes(340), by="system", from_state="sending", to_state="failed"
            )
        )
        session.add(
            BoardHit(
                campaign="cunchao",
                board="weibo",
                title="茶山村超三万人",
                publication_id=live.id,
                first_seen_at=OPENED + minutes(900),
                last_seen_at=OPENED + minutes(995),
                minutes=95,
                first_position=9,
                best_position=3,
                best_at=OPENED + minutes(950),
                peak_heat=1_234_567,
            )
        )
        session.add(QuotaUse(account="chashan/wechat", quota="submit", window_at=OPENED, used=1))
    with ledger.engine.connect() as connection:
        connection.connection.execute("PRAGMA journal_mode = DELETE")
    ledger.close()
    return file


@pytest.fixture
def counted(counted_file, tmp_path):
    """A ledger with two weeks that reports can be made about."""
    one = Ledger(f"sqlite:///{copyfile(counted_file, tmp_path / 'counted.db')}")
    yield one
    one.close()


@pytest.fixture(scope="session")
def house(plan) -> ClusterPlan:
    """The cluster with its one campaign, which had a season; a leader and a producer read."""
    readers = {
        "daily": {"roles": ["leader"], "people": ["chen-ce"]},
        "weekly": {"roles": ["leader"], "people": ["chen-ce"]},
        "reply_to": "desk@example.com",
    }
    leader = {"id": "liu-ling", "name": "刘领", "role": "leader", "title": "领导", "email": "liu-ling@example.com"}
    data = plan.cluster.model_dump(by_alias=True)
    cluster = Cluster.model_validate({**data, "people": [*data["people"], leader], "reports": readers})
    seasons = [
        {"start": date(2025, 3, 1), "end": date(2025, 9, 1)},
        {"start": date(2026, 5, 1), "end": date(2026, 6, 7)},
    ]
    campaign = Campaign.model_validate({**plan.campaign.model_dump(by_alias=True), "seasons": seasons})
    return ClusterPlan(cluster, (plan._replace(cluster=cluster, campaign=campaign),))
