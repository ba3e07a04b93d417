"""Categories and tags by name: found, made where missing, remembered for a line."""

import gc
import logging

import pytest

from rongmei.channels.platforms.wordpress.terms import MAX_TERMS, Terms
from rongmei.errors import CredentialRefused, Refused, TryLater

TAGS = "/wp-json/wp/v2/tags"


def refusal(status, code, **data):
    return status, {"code": code, "message": "no", "data": {"status": status, **data}}


def asked(wire):
    return [request.method for request in wire.sent]


def test_found_by_its_name_however_it_is_written(wire, line):
    wire.on(TAGS, [{"id": 3, "name": "R&amp;B 之夜"}, {"id": 4, "name": "R&amp;B"}, {"id": 5, "name": "别的"}])
    assert Terms().ids(line("wordpress"), "tags", ["r&b"]) == [4]
    assert wire.sent[0].query == {"search": "r&b", "per_page": "100", "_fields": "id,name"}


def test_made_where_the_site_has_none(wire, line):
    wire.on(TAGS, [{"id": 5, "name": "村超周边"}], (201, {"id": 9, "name": "村超"}))
    assert Terms().ids(line("wordpress"), "tags", ["村超"]) == [9]
    assert asked(wire) == ["GET", "POST"]
    assert wire.sent[1].json == {"name": "村超"}


def test_asked_once_a_line(wire, line):
    wire.on(TAGS, [{"id": 4, "name": "村超"}])
    terms, first, second = Terms(), line("wordpress"), line("wordpress")
    for _ in range(3):
        assert terms.ids(first, "tags", ["村超", "村超"]) == [4]
    assert len(wire.sent) == 1
    terms.ids(second, "tags", ["村超"])
    assert len(wire.sent) == 2
    del first, second
    gc.collect()
    assert not terms._known


def test_made_by_somebody_else_meanwhile(wire, line):
    wire.on(TAGS, [], refusal(400, "term_exists", term_id=6))
    assert Terms().ids(line("wordpress"), "tags", ["村超"]) == [6]


def test_an_account_that_may_not_make_any_goes_on_without(wire, line, caplog):
    wire.on(TAGS, [], refusal(403, "rest_cannot_create"))
    terms, open_line = Terms(), line("wordpress")
    with caplog.at_level(logging.WARNING):
        assert terms.ids(open_line, "tags", ["村超"]) == []
        assert terms.ids(open_line, "tags", ["村超"]) == []
    assert len(caplog.records) == 1
    assert "“村超”" in caplog.text
    assert asked(wire) == ["GET", "POST"]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([refusal(401, "incorrect_password")], CredentialRefused),
        ([(404, b"<html>")], CredentialRefused),
        ([refusal(400, "rest_invalid_param")], Refused),
        ([{"odd": 1}], TryLater),
        ([[], refusal(401, "incorrect_password")], CredentialRefused),
        ([[], refusal(500, "internal_server_error")], TryLater),
        ([[], b""], TryLater),
        ([[], (400, b'{"code": "term_ex')], TryLater),
        ([[], (400, b"<html>")], Refused),
        ([[], {"name": "村超"}], TryLater),
    ],
)
def test_refusals(wire, line, answers, error):
    wire.on(TAGS, *answers)
    with pytest.raises(error):
        Terms().ids(line("wordpress"), "tags", ["村超"])


def test_a_failure_is_not_remembered(wire, line):
    wire.on(TAGS, refusal(500, "internal_server_error"), [{"id": 4, "name": "村超"}])
    terms, open_line = Terms(), line("wordpress")
    with pytest.raises(TryLater):
        terms.ids(open_line, "tags", ["村超"])
    assert terms.ids(open_line, "tags", ["村超"]) == [4]


def test_names_are_plain_short_and_not_too_many(wire, line):
    wire.on(TAGS, lambda request: [] if request.method == "GET" else (201, {"id": len(wire.sent)}))
    names = ["<script>x</script>", " \n", "", "长" * 900, *(f"t{number}" for number in range(40))]
    Terms().ids(line("wordpress"), "tags", names)
    made = [request.json["name"] for request in wire.sent if request.method == "POST"]
    assert len(made) == MAX_TERMS
    assert made[:2] == ["script x /script", "长" * 200]


def test_nothing_to_look_for(wire, line):
    assert Terms().ids(line("wordpress"), "categories", []) == []
    assert wire.sent == []
