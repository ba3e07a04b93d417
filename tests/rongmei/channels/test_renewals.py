"""Renewed tokens: one renewal for all threads, forgotten when the connection is mended, never shown."""

import threading

import pytest

from rongmei.channels.renewals import Renewals, Tokens
from rongmei.errors import CredentialRefused, TryLater


@pytest.fixture
def renewals():
    return Renewals()


def test_the_renewed_token_is_used_and_hidden(line, renewals):
    at = line("douyin", refresh_token="rft.first-0001")
    asked = []

    def fetch(_, refresh):
        asked.append(refresh)
        return Tokens("act.second-0001", "rft.second-0001")

    assert renewals.token(at) == "act.douyin-token-0001"
    assert renewals.renew(at, "act.douyin-token-0001", fetch)
    assert renewals.token(at) == "act.second-0001"
    assert renewals.renew(at, "act.second-0001", fetch)
    assert asked == ["rft.first-0001", "rft.second-0001"]
    other = line("douyin", refresh_token="rft.first-0001")
    renewals.token(other)
    for client in (at.client, other.client):
        assert "second" not in client.clean("act.second-0001 rft.second-0001")
    assert "second" not in repr(Tokens("act.second-0001", "rft.second-0001"))


def test_an_old_refresh_token_stays_good_where_no_new_one_comes(line, renewals):
    at, asked = line("douyin", refresh_token="rft.first-0001"), []
    for stale, fresh in (("act.douyin-token-0001", "act.a"), ("act.a", "act.b")):
        renewals.renew(at, stale, lambda _, refresh, fresh=fresh: asked.append(refresh) or Tokens(fresh))
    assert asked == ["rft.first-0001"] * 2


def test_a_mended_connection_starts_anew(line, renewals):
    at = line("douyin", refresh_token="rft.first-0001")
    renewals.renew(at, "act.douyin-token-0001", lambda *_: Tokens("act.second-0001"))
    mended = line("douyin", refresh_token="rft.first-0001", access_token="act.mended-0001")
    assert renewals.token(mended) == "act.mended-0001"


def test_without_a_refresh_token_nothing_is_asked(line, renewals):
    assert not renewals.renew(line("douyin"), "act.douyin-token-0001", pytest.fail)


@pytest.mark.parametrize("error", [TryLater("x"), CredentialRefused("x")])
def test_a_failed_renewal_changes_nothing(line, renewals, error):
    at = line("douyin", refresh_token="rft.first-0001")

    def fetch(*_):
        raise error

    with pytest.raises(type(error)):
        renewals.renew(at, "act.douyin-token-0001", fetch)
    assert renewals.token(at) == "act.douyin-token-0001"


def test_threads_that_were_refused_together_renew_once(line, renewals):
    gate, asked = threading.Barrier(6), []

    def fetch(*_):
        asked.append(1)
        return Tokens("act.second-0001")

    def work(at):
        gate.wait()
        renewals.renew(at, "act.douyin-token-0001", fetch)

    lines = [line("douyin", refresh_token="rft.first-0001") for _ in range(6)]
    threads = [threading.Thread(target=work, args=(at,)) for at in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
