"""Finding a publication's article among the published messages."""

from datetime import UTC, datetime, timedelta

import pytest

from rongmei.channels import Absent, Accepted, Pending
from rongmei.channels.platforms.wechat.published import is_deleted, is_ours, mark_of
from rongmei.errors import Refused, TryLater

LIST, DRAFT_GET = "/cgi-bin/freepublish/batchget", "/cgi-bin/draft/get"
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MARK = "rm0123456789abcdef01"
OTHER = "rmffffffffffffffffff"


@pytest.fixture
def wire(wire):
    return wire.on("/cgi-bin/stable_token", {"access_token": "token-number-one", "expires_in": 7200})


def article(source="", thumb="X", **more):
    return {"title": "t", "content_source_url": source, "thumb_media_id": thumb, "url": f"https://mp/{thumb}", **more}


def message(*articles, number=1, at=NOW):
    return {"article_id": f"A{number}", "content": {"news_item": list(articles)}, "update_time": int(at.timestamp())}


@pytest.mark.parametrize(
    ("source", "thumb", "ours"),
    [
        (f"https://a.example/?rm={MARK}", "X", True),
        (f"https://a.example/?a=1&amp;rm={MARK}", "X", True),
        ("", "COVER", True),
        ("https://edited.example/by-hand", "COVER", True),
        ("https://a.example/?rm=2", "COVER", True),
        (f"https://a.example/?rm={OTHER}", "COVER", False),
        ("", "X", False),
        (f"https://a.example/?x{MARK}", "X", False),
        (f"https://[bad/?rm={MARK}", "X", False),
    ],
)
def test_what_makes_an_article_ours(source, thumb, ours):
    assert is_ours(article(source, thumb), MARK, "COVER") is ours


def test_without_a_cover_nothing_matches_it():
    assert not is_ours(article(thumb=""), MARK, "")
    assert mark_of("https://a.example/#?rm=1") == ""


def test_each_article_of_a_message_is_found_in_its_place(wire, line, channel):
    bundle = message(article("", "C1"), article(f"https://a.example/?rm={MARK}", "C2"), number=2)
    wire.on(LIST, {"item": [message(article()), bundle], "total_count": 2})
    found = channel.find(line("wechat"), MARK, NOW, {"cover": "COVER", "draft": "DRAFT"})
    assert found == Accepted("A2:2", "https://mp/C2", live=True, keep={"index": 2})


def test_an_article_that_was_deleted_meanwhile_is_a_persons_business(wire, line, channel):
    wire.on(LIST, {"item": [message(article(thumb="COVER", is_deleted=True))]})
    found = channel.find(line("wechat"), MARK, NOW, {"cover": "COVER", "draft": "DRAFT"})
    assert isinstance(found, Pending)
    assert "删除" in found.why


def test_a_draft_in_the_box_was_not_published(wire, line, channel):
    wire.on(LIST, {"item": [message(article())]}).on(DRAFT_GET, {"news_item": [{"title": "t"}]})
    assert isinstance(channel.find(line("wechat"), MARK, NOW, {"draft": "DRAFT", "submitted": "DRAFT"}), Absent)


def test_a_draft_that_left_after_a_submission_decides_nothing(wire, line, channel):
    wire.on(LIST, {"item": []}).on(DRAFT_GET, {"errcode": 40007, "errmsg": "invalid media_id"})
    assert isinstance(channel.find(line("wechat"), MARK, NOW, {"draft": "DRAFT", "submitted": "DRAFT"}), Pending)


@pytest.mark.parametrize("progress", [{}, {"draft": "DRAFT"}, {"draft": "DRAFT", "submitted": "AN-EARLIER-ONE"}])
def test_what_was_never_submitted_did_not_go_out(wire, line, channel, progress):
    wire.on(LIST, {"item": []}).on(DRAFT_GET, {"errcode": 40007, "errmsg": "invalid media_id"})
    assert isinstance(channel.find(line("wechat"), MARK, NOW, progress), Absent)


def test_the_list_is_read_back_to_the_send(wire, line, channel):
    pages = [
        {"item": [message(article(), number=page * 20 + n, at=NOW - timedelta(minutes=50 * page)) for n in range(20)]}
        for page in range(4)
    ]
    wire.on(LIST, *pages).on(DRAFT_GET, {"news_item": [{}]})
    channel.find(line("wechat"), MARK, NOW, {"draft": "DRAFT"})
    assert wire.paths().count(LIST) == 3


@pytest.mark.parametrize(
    ("answer", "error"), [(b"", TryLater), ({"errcode": 47001}, Refused), ({"news_item": []}, TryLater)]
)
def test_an_unreadable_draft_box_proves_nothing(wire, line, channel, answer, error):
    wire.on(LIST, {"item": []}).on(DRAFT_GET, answer)
    with pytest.raises(error):
        channel.find(line("wechat"), MARK, NOW, {"draft": "DRAFT"})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, True),
        (False, False),
        (1, True),
        (0, False),
        ("true", True),
        ("0", False),
        (None, None),
        (2, None),
        ([], None),
    ],
)
def test_yes_no_or_nothing(value, said):
    assert is_deleted({"is_deleted": value}) is said
