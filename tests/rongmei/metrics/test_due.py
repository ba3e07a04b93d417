"""Collecting across campaigns: what is due and nothing else, few calls, publishing first, no account stops another."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from rongmei.channels import Capabilities, Numbers, Quota
from rongmei.clock import at_local
from rongmei.errors import CredentialRefused, TryLater
from rongmei.ledger import DueReading, QuotaUse, Snapshot
from rongmei.metrics import any_due, collect, collect_due

NOON = at_local(date(2026, 6, 6), "12:00")
HOUR = timedelta(hours=1)
KEY = "cunchao/2026-06-06"


def capabilities(**more):
    return Capabilities(timedelta(minutes=2), 2, ("reads",), **more)


@pytest.fixture
def platform(platform):
    platform.capabilities = capabilities()
    platform.gone = {}
    platform.looked = []

    def is_gone(line, post):
        platform.looked.append(post.external_id)
        return platform.gone.get(post.external_id)

    platform.is_gone = is_gone
    return platform


@pytest.fixture
def due(ledger, plan, connect, platform):
    def run(hour, *, rehearsal=False, plans=None, connect=connect):
        now = NOON + hour * HOUR
        plans = [plan] if plans is None else plans
        return collect_due(ledger, plans, "wechat", rehearsal=rehearsal, connect=connect, clock=lambda: now)

    return run


@pytest.fixture
def planned(ledger):
    def read():
        with ledger.read() as session:
            return {row.publication_id: row for row in session.scalars(select(DueReading))}

    return read


def asked(platform):
    calls, platform.calls = [posts for _, posts in platform.calls], []
    return calls


def test_what_was_read_is_read_again_when_it_is_due(due, put, platform, planned):
    one, two = put(external_id="A"), put(external_id="B", at=NOON - 5 * HOUR)
    platform.figures = {"A": Numbers(reads=1), "B": Numbers(reads=1)}
    assert due(0).snapshots == 2
    assert asked(platform) == [["A", "B"]]
    assert planned()[one].due_at < planned()[two].due_at
    assert due(0.1).snapshots == 0
    assert asked(platform) == []
    assert due(0.5).unchanged == 1
    assert asked(platform) == [["A"]]


def test_as_many_calls_as_the_batches_need(due, put, platform):
    for number in range(5):
        put(external_id=f"A{number}", account="daily/wechat" if number < 3 else "dongcheng/wechat")
    due(0)
    assert sorted(asked(platform)) == [["A0", "A1"], ["A2"], ["A3", "A4"]]


@pytest.mark.parametrize(("told_by", "calls"), [("day", [["A0", "A2"], ["A1"]]), ("account", [["A0", "A1", "A2"]])])
def test_platforms_that_tell_by_day_or_account_are_asked_so(due, put, platform, told_by, calls):
    platform.capabilities = capabilities(told_by=told_by)
    for number, at in enumerate((NOON, NOON - 24 * HOUR, NOON - HOUR)):
        put(external_id=f"A{number}", at=at)
    due(0)
    assert asked(platform) == calls


def test_what_counts_by_day_is_asked_once_a_day(due, put, platform, planned):
    platform.capabilities = capabilities(by_day=True)
    key = put(external_id="A")
    due(1)
    assert planned()[key].due_at == at_local(date(2026, 6, 7), "08:30")
    due(2)
    assert len(asked(platform)) == 1
    # The next morning there is nothing yet; two hours later there is.
    due(21)
    assert planned()[key].due_at == NOON + 23 * HOUR
    platform.figures = {"A": Numbers(reads=7, about=date(2026, 6, 6))}
    assert due(23).snapshots == 1
    assert planned()[key].due_at == at_local(date(2026, 6, 8), "08:30")


def test_old_ones_are_not_begun_with_and_rehearsals_are_apart(due, put, platform, ledger):
    put(external_id="OLD", at=NOON - timedelta(days=40))
    put(external_id="PLAY", rehearsal=True)
    put("failed")
    due(0)
    assert asked(platform) == []
    assert not any_due(ledger, "weibo", rehearsal=True)
    assert any_due(ledger, "wechat", rehearsal=True)
    due(0, rehearsal=True)
    assert asked(platform) == [["PLAY"]]


def test_an_account_that_fails_is_due_again_and_keeps_what_it_gave(due, put, platform, snapshots):
    for number in range(4):
        put(external_id=f"A{number}")
    put(external_id="B", account="dongcheng/wechat")
    platform.figures = {name: Numbers(reads=1) for name in ("A0", "A1", "A2", "A3", "B")}
    read = platform.read_numbers

    def breaking(line, posts):
        if posts[0].external_id == "A2":
            raise TryLater("daily/wechat 读取数据：看不懂平台的回答")
        return read(line, posts)

    platform.read_numbers = breaking
    summary = due(0)
    assert (summary.snapshots, summary.failed_accounts) == (3, ("daily/wechat",))
    assert summary.problems == ("daily/wechat 读取数据：看不懂平台的回答",)
    platform.read_numbers = read
    assert due(0.05).snapshots == 2
    assert len(snapshots()) == 5


def test_an_account_of_no_cluster_stops_no_other(due, put, platform):
    put(external_id="A", account="gone/wechat")
    put(external_id="B")
    platform.figures = {"B": Numbers(reads=1)}
    summary = due(0)
    assert (summary.snapshots, summary.refused_accounts) == (1, ("gone/wechat",))


def test_reading_leaves_publishing_its_share_of_the_quota(due, put, platform, ledger, monkeypatch):
    platform.capabilities = capabilities(quotas=(Quota("call", "接口调用", 12),))
    for number in range(20):
        put(external_id=f"A{number}")
    put("scheduled")
    platform.figures = {f"A{number}": Numbers(reads=1) for number in range(20)}
    read = platform.read_numbers

    def counted(line, posts):
        line.take("call")
        return read(line, posts)

    platform.read_numbers = counted
    summary = due(0)
    # Of twelve calls three are publishing's in any case, and three a post that waits.
    assert len(platform.calls) == 9
    assert (summary.snapshots, summary.resting_accounts, summary.failed_accounts) == (18, ("daily/wechat",), ())
    assert summary.problems == ()
    put("scheduled")
    with ledger.begin() as session:
        session.scalars(select(QuotaUse)).one().used = 5
    platform.calls.clear()
    due(0.05)
    assert len(platform.calls) == 1


def test_what_is_missing_is_looked_after_and_then_read_no_more(due, put, platform, planned, ledger):
    key = put(external_id="A")
    platform.figures = {"A": Numbers(reads=5)}
    due(0)
    platform.figures, platform.gone = {}, {"A": True}
    for hour in (1, 3):
        assert due(hour).silent == 1
    assert platform.looked == []
    summary = due(6)
    assert platform.looked == ["A"]
    assert summary.gone == 1
    assert summary.problems == (f"发布单 #{key}：平台说作品已删除，保留最后的数据",)
    assert planned()[key].due_at is None
    with ledger.read() as session:
        last = session.scalars(select(Snapshot).order_by(Snapshot.observed_at.desc())).first()
    assert (last.reads, last.gone) == (5, True)


def test_what_readers_have_not_seen_is_not_lost(due, put, platform, snapshots):
    put("accepted", external_id="A")
    platform.figures = {"A": Numbers(gone=True)}
    summary = due(0)
    assert (summary.gone, summary.silent, snapshots()) == (0, 1, [])


def test_nonsense_is_told_with_its_evidence(due, put, platform):
    keys = [put(external_id=f"A{number}") for number in range(30)]
    strange = Numbers(reads=None, strange=("reads",), raw={"play": "<b>-5</b>"})
    platform.figures = {f"A{number}": strange for number in range(30)}
    summary = due(0)
    assert summary.problems[0] == f"发布单 #{keys[0]}：平台给的不是数，按不知道记：{{'play': '<b>-5</b>'}}"
    assert len(summary.problems) == 21
    assert summary.problems[-1] == "另有 10 条没有列出"


def test_the_editions_own_checkpoint_reads_all_whatever_is_due(ledger, plan, connect, due, put, platform, planned):
    key = put(external_id="A")
    platform.figures = {"A": Numbers(reads=1)}
    due(0)
    platform.figures = {"A": Numbers(reads=2)}
    later = NOON + timedelta(minutes=2)
    assert collect(ledger, plan, KEY, "wechat", connect=connect, clock=lambda: later).snapshots == 1
    assert planned()[key].read_at == later


def test_a_credential_that_is_refused_is_named(due, put, platform):
    def refuse(*_):
        raise CredentialRefused("daily/wechat：没有账号连接")

    put(external_id="A")
    assert due(0, connect=refuse).refused_accounts == ("daily/wechat",)


def test_channels_that_report_nothing_are_nothing_to_do(ledger):
    told = collect_due(ledger, [], "xuexi", rehearsal=False, connect=None, clock=None)
    assert told == type(told)()


def test_accounts_of_several_campaigns_are_asked_together(due, put, platform, plan):
    put(external_id="A")
    other = SimpleNamespace(cluster=plan.cluster)
    due(0, plans=[plan, other])
    assert asked(platform) == [["A"]]
