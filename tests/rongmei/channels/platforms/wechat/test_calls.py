"""Tokens, and what error codes mean."""

from datetime import UTC, datetime, timedelta

import pytest

from rongmei.channels.platforms.wechat.calls import Calls, TokenCache, code_of
from rongmei.errors import CredentialRefused, QuotaGone, Refused, TryLater

TOKEN, COUNT = "/cgi-bin/stable_token", "/cgi-bin/draft/count"
GOOD = {"access_token": "token-number-one", "expires_in": 7200}


@pytest.fixture
def wire(wire):
    return wire.on(TOKEN, GOOD).on(COUNT, {"total_count": 0})


@pytest.fixture
def calls():
    return Calls(TokenCache())


def test_one_token_serves_many_calls(wire, line, calls):
    calls.ask(line("wechat"), COUNT, "数草稿")
    calls.ask(line("wechat"), COUNT, "数草稿")
    assert wire.paths().count(TOKEN) == 1
    assert {request.query.get("access_token") for request in wire.sent} == {None, "token-number-one"}


def test_it_is_renewed_before_it_ends(wire, line):
    seconds = [0.0]
    cache = TokenCache(lambda: seconds[0])
    for moment, fetched in [(0, 1), (6800, 1), (6900, 2)]:
        seconds[0] = moment
        cache.get(line("wechat"))
        assert wire.paths().count(TOKEN) == fetched


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_fetched_again_once(wire, line, calls, code):
    wire.on(TOKEN, {"access_token": "token-one", "expires_in": 7200}, {"access_token": "token-two", "expires_in": 7200})
    wire.on(COUNT, {"errcode": code, "errmsg": "token"}, {"total_count": 0})
    calls.ask(line("wechat"), COUNT, "数草稿")
    asked = [request.query["access_token"] for request in wire.sent if request.path == COUNT]
    assert asked == ["token-one", "token-two"]


def test_twice_refused_is_a_persons_business(wire, line, calls):
    wire.on(COUNT, {"errcode": 40001, "errmsg": "invalid credential"})
    with pytest.raises(CredentialRefused):
        calls.ask(line("wechat"), COUNT, "数草稿")
    assert wire.paths().count(COUNT) == 2


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (40013, CredentialRefused),
        (40125, CredentialRefused),
        (40164, CredentialRefused),
        (45011, TryLater),
        (-1, TryLater),
    ],
)
def test_no_token(wire, line, code, error):
    wire.on(TOKEN, {"errcode": code, "errmsg": "no wechat-secret-0123456789 rid: 1"})
    with pytest.raises(error) as caught:
        TokenCache().get(line("wechat"))
    assert "wechat-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "error", "pause"),
    [
        (45011, TryLater, timedelta(minutes=1)),
        (53501, TryLater, timedelta(minutes=30)),
        (45009, QuotaGone, timedelta(hours=12, minutes=5)),  # until five past midnight in Shanghai
        (-1, TryLater, None),
    ],
)
def test_what_passes_by_itself(wire, line, calls, code, error, pause):
    wire.on(COUNT, {"errcode": code, "errmsg": "no"})
    with pytest.raises(error) as caught:
        calls.ask(line("wechat"), COUNT, "数草稿")
    assert type(caught.value) is error
    assert caught.value.retry_after == pause


def test_a_daily_quota_says_when_it_is_back(wire, line, calls):
    wire.on(COUNT, {"errcode": 45009, "errmsg": "reach max api daily quota limit"})
    with pytest.raises(QuotaGone) as caught:
        calls.ask(line("wechat"), COUNT, "数草稿")
    assert caught.value.resets_at == datetime(2026, 6, 6, 16, 5, tzinfo=UTC)


def test_other_codes_are_final(wire, line, calls):
    wire.on(COUNT, {"errcode": 87014, "errmsg": "risky token-number-one"})
    with pytest.raises(Refused) as caught:
        calls.ask(line("wechat"), COUNT, "数草稿")
    assert "87014" in str(caught.value)
    assert "token-number-one" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "code"),
    [({}, 0), ({"errcode": "40007"}, 40007), ({"errcode": None}, -1), ({"errcode": []}, -1), ({"errcode": 1e999}, -1)],
)
def test_codes_of_any_type(data, code):
    assert code_of(data) == code
