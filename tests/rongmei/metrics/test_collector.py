"""Collecting: in bulk, once a minute, null where the platform is silent."""

from datetime import date, timedelta

import pytest

from rongmei.channels import Credential, Numbers
from rongmei.clock import at_local
from rongmei.errors import CredentialRefused, TryLater
from rongmei.metrics import collect

KEY = "cunchao/2026-06-06"
NOW = at_local(date(2026, 6, 7), "12:00")


@pytest.fixture
def run(ledger, plan, connect, platform):
    def do(now=NOW, *, key=KEY, connect=connect):
        return collect(ledger, plan, key, "wechat", connect=connect, clock=lambda: now)

    return do


def test_one_snapshot_each_and_null_is_not_zero(run, put, platform, snapshots):
    one, two = put(external_id="A"), put(external_id="B")
    platform.figures = {"A": Numbers(reads=120, likes=None), "B": Numbers(reads=0, likes=3)}
    summary = run()
    assert (summary.snapshots, summary.silent) == (2, 0)
    assert snapshots() == [(one, NOW, 120, None), (two, NOW, 0, 3)]


def test_an_account_is_asked_once_for_all(run, put, platform):
    for number in range(5):
        put(external_id=f"A{number}")
    put(external_id="B", account="dongcheng/wechat")
    run()
    assert sorted(platform.calls) == [
        ("daily/wechat", ["A0", "A1", "A2", "A3", "A4"]),
        ("dongcheng/wechat", ["B"]),
    ]


def test_only_what_is_out_is_asked_for(run, put, platform):
    for state in ("scheduled", "sending", "unknown", "failed", "missed", "cancelled", "recalled"):
        put(state)
    put("accepted", external_id="A")
    put("live", external_id="B")
    run()
    assert platform.calls == [("daily/wechat", ["A", "B"])]


def test_a_minute_has_one_snapshot(run, put, platform, snapshots):
    put(external_id="A")
    platform.figures = {"A": Numbers(reads=1)}
    assert run(NOW + timedelta(seconds=10)).snapshots == 1
    platform.figures = {"A": Numbers(reads=2)}
    assert run(NOW + timedelta(seconds=50)).snapshots == 0
    assert run(NOW + timedelta(seconds=61)).snapshots == 1
    assert [(at - NOW, reads) for _, at, reads, _ in snapshots()] == [(timedelta(0), 1), (timedelta(minutes=1), 2)]


def test_silence_is_no_snapshot(run, put, snapshots):
    put(external_id="A")
    summary = run()
    assert (summary.snapshots, summary.silent, snapshots()) == (0, 1, [])


@pytest.mark.parametrize(("error", "refused"), [(TryLater("忙"), ()), (CredentialRefused("过期"), ("daily/wechat",))])
def test_an_account_that_cannot_be_read_does_not_stop_the_others(run, put, platform, error, refused):
    put(external_id="A")
    put(external_id="B", account="dongcheng/wechat")
    platform.figures = {"B": Numbers(reads=1)}
    platform.failures = {"daily/wechat": error}
    summary = run()
    assert (summary.snapshots, summary.silent) == (1, 0)
    assert (summary.failed_accounts, summary.refused_accounts) == (("daily/wechat",), refused)


def test_a_rehearsal_reads_the_sandbox_only(run, put, platform):
    put(external_id="A", rehearsal=True)
    summary = run(key=f"{KEY}/rehearsal", connect=lambda *_: Credential("https://api.weixin.qq.com", {}))
    assert summary.refused_accounts == ("daily/wechat",)
    assert platform.calls == []


def test_an_account_that_left_the_cluster(run, put):
    put(external_id="A", account="gone/wechat")
    assert run().refused_accounts == ("gone/wechat",)


def test_nothing_out_is_nothing_to_do(run, put):
    put("scheduled")
    assert run().snapshots == 0
