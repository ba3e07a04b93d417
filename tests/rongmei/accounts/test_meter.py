"""The meter: never more than the limit, however many count at once; windows by the newsroom's day."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from rongmei.accounts import LedgerMeter
from rongmei.accounts.meter import ends_of, left, next_window, window_of
from rongmei.channels import Quota
from rongmei.errors import QuotaGone
from rongmei.ledger import Ledger, QuotaUse
from rongmei.ledger.tables import Base

NOON = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 6, 16, 0, tzinfo=UTC)
"""The end of 6 June in Dongguan."""
POST = Quota("post", "发布", 3)
HOUR = Quota("call", "调用", 2, window=timedelta(hours=1))
SLOW = Quota("post", "投稿", 10, apart=timedelta(seconds=30))
ME = "daily/wechat"


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def meter(ledger):
    return LedgerMeter(ledger, rehearsal=False)


def rows(ledger):
    with ledger.read() as session:
        return session.scalars(select(QuotaUse).order_by(QuotaUse.id)).all()


def test_the_limit_holds_and_says_when_it_is_over(meter, ledger):
    for minute in range(3):
        meter.take(ME, POST, NOON + timedelta(minutes=minute))
    with pytest.raises(QuotaGone, match="“发布”额度（3 次）已用完，6月7日 00:00 恢复") as gone:
        meter.take(ME, POST, NOON + timedelta(hours=1))
    assert gone.value.resets_at == MIDNIGHT
    assert gone.value.retry_after == MIDNIGHT - NOON - timedelta(hours=1)
    assert [(row.used, row.last_at) for row in rows(ledger)] == [(3, NOON + timedelta(minutes=2))]


def test_what_is_reserved_is_left_for_who_comes_first(ledger, meter):
    modest = LedgerMeter(ledger, rehearsal=False, reserve=lambda account, quota: 2 if account == ME else 99)
    modest.take(ME, POST, NOON)
    with pytest.raises(QuotaGone, match="“发布”额度（1 次，余下 2 次留给发布）已用完"):
        modest.take(ME, POST, NOON)
    for _ in range(2):
        meter.take(ME, POST, NOON)
    with pytest.raises(QuotaGone, match="（3 次）"):
        meter.take(ME, POST, NOON)
    with pytest.raises(QuotaGone, match="（0 次，余下 3 次留给发布）"):
        modest.take("other/wechat", POST, NOON)


def test_a_new_day_begins_at_midnight_in_dongguan(meter, ledger):
    for _ in range(3):
        meter.take(ME, POST, MIDNIGHT - timedelta(seconds=1))
    meter.take(ME, POST, MIDNIGHT)
    assert [(row.window_at, row.used) for row in rows(ledger)] == [(MIDNIGHT, 1)]
    assert left(ledger, ME, POST, rehearsal=False, now=MIDNIGHT) == 2


def test_shorter_windows_follow_each_other(meter):
    for _ in range(2):
        meter.take(ME, HOUR, NOON + timedelta(minutes=59))
    with pytest.raises(QuotaGone) as gone:
        meter.take(ME, HOUR, NOON + timedelta(minutes=59))
    assert gone.value.resets_at == NOON + timedelta(hours=1)
    meter.take(ME, HOUR, NOON + timedelta(hours=1))


def test_uses_keep_their_distance_over_midnight_too(meter):
    meter.take(ME, SLOW, MIDNIGHT - timedelta(seconds=10))
    with pytest.raises(QuotaGone, match="要隔 30 秒") as gone:
        meter.take(ME, SLOW, MIDNIGHT)
    assert gone.value.resets_at == MIDNIGHT + timedelta(seconds=20)
    meter.take(ME, SLOW, MIDNIGHT + timedelta(seconds=20))


def test_accounts_quotas_and_rehearsals_are_counted_apart(meter, ledger):
    for account, quota, rehearsal in (
        (ME, POST, False),
        ("a/wechat", POST, False),
        (ME, HOUR, False),
        (ME, POST, True),
    ):
        LedgerMeter(ledger, rehearsal=rehearsal).take(account, quota, NOON)
    assert [row.used for row in rows(ledger)] == [1, 1, 1, 1]
    assert left(ledger, ME, POST, rehearsal=True, now=NOON) == 2


def test_a_refused_use_counts_nothing(meter, ledger):
    for _ in range(3):
        meter.take(ME, POST, NOON)
    for _ in range(5):
        with pytest.raises(QuotaGone):
            meter.take(ME, POST, NOON)
    assert rows(ledger)[0].used == 3


def test_a_clock_that_lags_counts_in_the_window_that_has_begun(meter, ledger):
    for _ in range(3):
        meter.take(ME, POST, MIDNIGHT)
    with pytest.raises(QuotaGone) as gone:
        meter.take(ME, POST, MIDNIGHT - timedelta(seconds=5))
    assert gone.value.resets_at == MIDNIGHT + timedelta(days=1)


def test_a_limit_of_nothing_lets_nothing_through(meter):
    with pytest.raises(QuotaGone):
        meter.take(ME, Quota("post", "发布", 0), NOON)


@given(
    st.integers(0, 10**6).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    st.integers(1, 48 * 60).map(lambda minutes: timedelta(minutes=minutes)),
)
def test_every_moment_lies_in_its_window(now, span):
    quota = Quota("call", "调用", 1, window=span)
    began = window_of(quota, now)
    assert began <= now < ends_of(quota, began) == next_window(quota, now) <= began + span
    assert window_of(quota, began) == began
    assert window_of(quota, ends_of(quota, began)) == ends_of(quota, began)


def crowd(urls, limit, per_worker):
    """Workers with a ledger each take at once; how many uses each one got."""
    quota = Quota("post", "发布", limit)
    ledgers = [Ledger(url) for url in urls]
    start = threading.Barrier(len(ledgers))
    got = [0] * len(ledgers)

    def work(number):
        meter = LedgerMeter(ledgers[number], rehearsal=False)
        start.wait()
        for _ in range(per_worker):
            try:
                meter.take(ME, quota, NOON)
            except QuotaGone:
                continue
            got[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(ledgers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = rows(ledgers[0])[0].used
    for one in ledgers:
        one.close()
    return sum(got), used


def test_workers_on_sqlite_share_one_limit(ledger):
    assert crowd([str(ledger.engine.url)] * 6, limit=40, per_worker=12) == (40, 40)


@pytest.mark.postgres
def test_workers_on_postgresql_share_one_limit(postgres_database):
    url = postgres_database()
    made = Ledger(url)
    Base.metadata.create_all(made.engine)
    made.close()
    assert crowd([url] * 8, limit=60, per_worker=12) == (60, 60)
