"""Runs: how many threads, in which order, and that one account's failure is not the others'."""

import threading

import pytest

from rongmei.errors import BadInput
from rongmei.publishing.runs import ENV_WORKERS, MOST_WORKERS, WORKERS, each_account, open_run, worker_count


class TestWorkerCount:
    def test_as_asked(self, monkeypatch):
        monkeypatch.setenv(ENV_WORKERS, "5")
        assert [worker_count(3), worker_count(0), worker_count(1000)] == [3, 1, MOST_WORKERS]

    @pytest.mark.parametrize(("said", "count"), [("", WORKERS), ("32", 32), (" 12 ", 12), ("0", 1), ("999", 64)])
    def test_else_as_the_environment_says(self, monkeypatch, said, count):
        monkeypatch.setenv(ENV_WORKERS, said)
        assert worker_count() == count

    def test_which_may_be_wrong(self, monkeypatch):
        monkeypatch.setenv(ENV_WORKERS, "viele")
        with pytest.raises(BadInput, match=ENV_WORKERS):
            worker_count()


class TestEachAccount:
    def test_urgent_ones_begin_then_the_longest(self):
        begun = []
        work = {"a": [1], "b": [1, 2, 3], "c": [1, 2], "site": [1]}
        each_account(work, lambda account, _: begun.append(account), workers=1, urgent=lambda one: one == "site")
        assert begun == ["site", "b", "c", "a"]

    def test_results_come_by_account(self):
        assert each_account({"a": [1, 2], "b": [3]}, lambda account, items: (account, sum(items))) == {
            "a": ("a", 3),
            "b": ("b", 3),
        }
        assert each_account({}, lambda *_: None) == {}

    def test_no_more_threads_than_allowed(self):
        running, most, lock, enough = 0, 0, threading.Lock(), threading.Barrier(3)

        def work(_account, _items):
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            enough.wait(5)
            with lock:
                running -= 1

        each_account({str(number): [1] for number in range(6)}, work, workers=3)
        assert most == 3

    def test_a_failure_is_raised_when_the_others_are_done(self):
        done = []

        def work(account, _items):
            if account == "bad":
                raise BadInput("坏了")
            done.append(account)

        with pytest.raises(BadInput, match="坏了"):
            each_account({"bad": [1, 2], "a": [1], "b": [1]}, work, workers=1)
        assert done == ["a", "b"]


def test_a_run_needs_an_edition_and_a_channel(newsroom, plan, connect):
    key = newsroom.open()
    options = {"connect": connect, "clock": newsroom.time}
    with pytest.raises(BadInput, match="没有期次"):
        open_run(newsroom.ledger, plan, "cunchao/1999-01-01", "wechat", **options)
    with pytest.raises(BadInput, match="没有渠道"):
        open_run(newsroom.ledger, plan, key, "fax", **options)
    assert open_run(newsroom.ledger, plan, key, "wechat", **options).pages is False
