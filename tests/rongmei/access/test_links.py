"""Links: forged, for another door, expired, used, taken back – and of two who use one together, one does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from rongmei.access import (
    PATHS,
    BadLink,
    Links,
    Sealer,
    SpentLink,
    find,
    issue,
    links_of,
    look,
    prolong,
    revoke,
    revoke_all,
    spend,
)
from rongmei.access.sealing import TOKEN_CHARS
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Link
from rongmei.settings import load_settings

HOUR = timedelta(hours=1)
ABOUT = "assignment:12"


@pytest.fixture
def token(ledger: Ledger, sealer: Sealer, now: datetime) -> str:
    with ledger.begin() as session:
        return issue(session, sealer, "answer", ABOUT, outlet="humen", by="rongmei", now=now, expires_at=now + 3 * HOUR)


@pytest.fixture
def seen(ledger: Ledger, sealer: Sealer, now: datetime) -> Callable[..., Link]:
    def run(token: str, *, purpose: str = "answer", at: datetime = now) -> Link:
        with ledger.read() as session:
            return look(session, sealer, purpose, token, now=at)

    return run


def test_a_link_opens_what_its_row_says_and_the_token_says_nothing(token, seen, now) -> None:
    link = seen(token)
    assert (link.purpose, link.subject, link.outlet, link.expires_at) == ("answer", ABOUT, "humen", now + 3 * HOUR)
    assert len(token) <= TOKEN_CHARS


def test_the_same_occasion_has_the_same_token_and_the_time_it_first_had(ledger, sealer, token, seen, now) -> None:
    with ledger.begin() as session:
        again = issue(session, sealer, "answer", ABOUT, outlet="humen", by="x", now=now, expires_at=now + 9 * HOUR)
        other = issue(session, sealer, "answer", ABOUT, outlet="shilong", by="x", now=now, expires_at=now + HOUR)
    assert again == token != other
    assert seen(token).expires_at == now + 3 * HOUR


def test_two_who_hand_it_out_together_hand_out_one(ledger, sealer, now) -> None:
    barrier, tokens = Barrier(4), []

    def hand_out() -> None:
        barrier.wait()
        with ledger.begin() as session:
            tokens.append(issue(session, sealer, "pitch", "humen", by="x", now=now, expires_at=now + HOUR))

    together([hand_out] * 4)
    assert len(tokens) == 4
    assert len(set(tokens)) == 1


def test_what_was_not_signed_here_opens_nothing(token, seen) -> None:
    link_id, signature = token.split(".")
    for forged in (
        "",
        token[:-1],
        f"{token}A",
        f"g{token[1:]}",
        ("0" if token[0] != "0" else "1") + token[1:],
        link_id,
        f"{link_id}.",
        f"{'a' * 32}.{signature}",
        token.upper(),
        f" {token}",
        f"{token}\x00",
        token * 3,
        "a" * 1_000_000,
        "锁" * 40,
        token.replace(".", "。"),
    ):
        with pytest.raises(BadLink, match="链接不对"):
            seen(forged)


@settings(max_examples=40)
@given(st.text(max_size=130))
def test_nothing_that_anybody_makes_up_is_a_token(made_up: str) -> None:
    assert Sealer(b"k" * 32).open("answer", made_up) is None


def test_another_key_or_another_door(ledger, token, seen, now) -> None:
    with ledger.read() as session, pytest.raises(BadLink):
        look(session, Sealer(b"j" * 32), "answer", token, now=now)
    for purpose in set(PATHS) - {"answer"}:
        with pytest.raises(BadLink):
            seen(token, purpose=purpose)


def test_a_signature_without_a_row_opens_nothing(sealer, seen) -> None:
    with pytest.raises(BadLink):
        seen(sealer.seal("answer", sealer.link_id("answer", "assignment:99", "humen")))


def test_it_ends_with_its_time(token, seen, now) -> None:
    assert seen(token, at=now + 3 * HOUR - timedelta(microseconds=1))
    with pytest.raises(SpentLink, match="到 6月6日 15:00 为止"):
        seen(token, at=now + 3 * HOUR)


def test_used_once_it_opens_nothing_and_still_says_why(ledger, sealer, token, seen, now) -> None:
    with ledger.begin() as session:
        link = look(session, sealer, "answer", token, now=now)
        spend(session, link, now=now)
        with pytest.raises(SpentLink, match="刚刚被用过"):
            spend(session, link, now=now)
    with pytest.raises(SpentLink, match="6月6日 12:00 用过"):
        seen(token)
    with ledger.read() as session:
        assert find(session, sealer, "answer", token).used_at == now


def test_of_many_who_use_it_together_one_does(ledger, sealer, token, now) -> None:
    barrier, outcomes = Barrier(6), []

    def use() -> None:
        with ledger.read() as session:
            link = look(session, sealer, "answer", token, now=now)
        barrier.wait()
        try:
            with ledger.begin() as session:
                spend(session, session.get_one(Link, link.id), now=now)
        except SpentLink:
            outcomes.append("late")
        else:
            outcomes.append("used")

    together([use] * 6)
    assert sorted(outcomes) == ["late"] * 5 + ["used"]


def test_what_is_undone_was_not_used(ledger, sealer, token, seen, now) -> None:
    def fall_over() -> None:
        with ledger.begin() as session:
            spend(session, look(session, sealer, "answer", token, now=now), now=now)
            raise RuntimeError("the assignment could not be moved")

    with pytest.raises(RuntimeError):
        fall_over()
    assert seen(token).used_at is None


def test_taken_back_it_is_void_whatever_else(ledger, sealer, token, seen, now) -> None:
    with ledger.begin() as session:
        revoke(session, sealer, "answer", token, now=now)
    with ledger.begin() as session:
        with pytest.raises(BadLink):
            revoke(session, sealer, "pitch", token, now=now)
        with pytest.raises(SpentLink, match="刚刚被用过"):
            spend(session, session.scalars(select(Link)).one(), now=now)
    with pytest.raises(SpentLink, match="作废"):
        seen(token, at=now + 9 * HOUR)


def test_all_of_a_subject_or_of_one_outlet(ledger, sealer, token, seen, now) -> None:
    with ledger.begin() as session:
        given = {"by": "x", "now": now, "expires_at": now + HOUR}
        other = issue(session, sealer, "answer", ABOUT, outlet="shilong", **given)
        elsewhere = issue(session, sealer, "answer", "assignment:1", outlet="shilong", **given)
        assert revoke_all(session, "answer", ABOUT, outlet="shilong", now=now) == 1
    assert seen(token)
    assert seen(elsewhere)
    with pytest.raises(SpentLink):
        seen(other)
    with ledger.begin() as session:
        assert revoke_all(session, "answer", ABOUT, now=now) == 1
        assert revoke_all(session, "answer", ABOUT, now=now) == 0


def test_more_time_only_for_what_is_still_good(ledger, sealer, token, seen, now) -> None:
    with ledger.begin() as session:
        other = issue(session, sealer, "answer", ABOUT, outlet="x", by="x", now=now, expires_at=now + HOUR)
        revoke(session, sealer, "answer", other, now=now)
        prolong(session, "answer", ABOUT, until=now + 5 * HOUR)
    assert seen(token, at=now + 4 * HOUR).expires_at == now + 5 * HOUR
    with ledger.read() as session:
        assert find(session, sealer, "answer", other).expires_at == now + HOUR


def test_neither_the_key_nor_the_token_is_ever_shown(sealer, token, seen) -> None:
    assert repr(sealer) == "Sealer()"
    assert token not in repr(seen(token))
    with pytest.raises(BadLink) as refused:
        seen(token[:-1])
    assert token[:20] not in str(refused.value)


def test_an_address_ends_in_the_token_after_the_slash_that_the_mount_needs(ledger, sealer, token, now) -> None:
    links = Links("https://rm.example", sealer)
    with ledger.begin() as session:
        given = links.give(session, "answer", ABOUT, outlet="humen", by="rongmei", now=now, expires_at=now + 3 * HOUR)
    assert given == f"https://rm.example/rongmei/answers/?token={token}"
    assert links.again("answer", token.split(".")[0]) == given
    assert all(path.startswith("/rongmei/") and path.endswith("/") for path in PATHS.values())


@pytest.mark.parametrize(
    ("base", "works"),
    [
        ("https://rm.example", True),
        ("http://127.0.0.1:8080/", True),
        ("https://rm.example/airflow", True),
        ("rm.example", False),
        ("javascript:alert(1)", False),
        ("https://user:password@rm.example", False),
        ("https://rm.example/?a=b", False),
        ("https://rm example", False),
        ("https://", False),
    ],
)
def test_the_installations_address(base: str, works: bool, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("RONGMEI_LINK_KEY", "x" * 40)
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    monkeypatch.setenv("RONGMEI_BASE_URL", base)
    if works:
        assert links_of(load_settings()).base_url == base.rstrip("/")
        return
    with pytest.raises(BadInput, match="RONGMEI_BASE_URL") as refused:
        links_of(load_settings())
    assert "password" not in str(refused.value)


def test_without_an_address_there_are_no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RONGMEI_BASE_URL", raising=False)
    assert links_of(load_settings()) is None


def together(work: list[Callable[[], None]]) -> None:
    threads = [Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
