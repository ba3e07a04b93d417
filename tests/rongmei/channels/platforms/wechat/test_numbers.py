"""WeChat's figures: one call a day of publication, each article its own."""

from datetime import UTC, datetime, timedelta

import pytest

from rongmei.channels import Posted
from rongmei.errors import CredentialRefused

NEW, OLD = "/datacube/getarticletotaldetail", "/datacube/getarticletotal"
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MARK = "rm0123456789abcdef01"
YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture
def wire(wire):
    return wire.on("/cgi-bin/stable_token", {"access_token": "token-number-one", "expires_in": 7200})


def detail(day, reads):
    return {
        "stat_date": day, "read_user": reads, "share_user": 3, "zaikan_user": 2, "like_user": 5,
        "comment_count": 1, "collection_user": 0, "read_user_source": [{"user_count": 1, "scene_desc": "全部"}],
    }  # fmt: skip


def item(**changes):
    base = {"msgid": "2247480001_1", "title": "t", "content_url": "https://mp/s?mid=1#rd"}
    return {**base, "detail_list": [detail("2026-06-06", 9), detail("2026-06-05", 4)], **changes}


@pytest.mark.parametrize(
    "post",
    [{"msg_data_id": "2247480001"}, {"url": "https://mp/s?mid=1"}, {"title": "t"}],
    ids=["msgid", "url", "title"],
)
def test_the_latest_cumulative_record(wire, line, channel, posted, post):
    wire.on(NEW, {"list": [item(), item(msgid="9_1", title="other", content_url="https://mp/s?mid=9")]})
    numbers = channel.read_numbers(line("wechat"), [posted("A1:1", at=YESTERDAY, **post)])["A1:1"]
    assert (numbers.reads, numbers.likes, numbers.watching, numbers.shares) == (9, 5, 2, 3)
    assert (numbers.comments, numbers.favourites) == (1, 0)
    assert "read_user_source" not in numbers.raw
    assert wire.sent[-1].json == {"begin_date": "2026-06-05", "end_date": "2026-06-05"}


def test_one_call_a_day_and_none_for_today(wire, line, channel, posted):
    wire.on(NEW, {"list": []}).on(OLD, {"list": []})
    days = [NOW, NOW - timedelta(days=1), NOW - timedelta(days=1, hours=1), NOW - timedelta(days=2)]
    posts = [posted(f"A{number}:1", at=at) for number, at in enumerate(days)]
    assert channel.read_numbers(line("wechat"), posts) == {}
    assert wire.paths().count(NEW) == 2
    assert channel.read_numbers(line("wechat"), posts[:1]) == {}


def test_a_review_past_midnight_is_looked_for_on_both_days(wire, line, channel):
    def of_day(request):
        return {"list": [item()] if request.json["begin_date"] == "2026-06-04" else []}

    wire.on(NEW, of_day).on(OLD, {"list": []})
    post = Posted("A1:1", None, "t", MARK, NOW - timedelta(days=2), NOW - timedelta(days=1), {})
    assert channel.read_numbers(line("wechat"), [post])["A1:1"].reads == 9
    assert wire.paths().count(NEW) == 1
    late = Posted("A2:1", None, "t", MARK, NOW - timedelta(days=3), NOW - timedelta(days=2), {})
    assert channel.read_numbers(line("wechat"), [late])["A2:1"].reads == 9
    assert wire.paths().count(NEW) == 3


def test_the_old_interface_knows_less(wire, line, channel, posted):
    details = [{"stat_date": "2026-06-05", "int_page_read_count": 11, "share_count": 2, "add_to_fav_count": 0}]
    wire.on(NEW, {"errcode": 48001, "errmsg": "api unauthorized"})
    wire.on(OLD, {"list": [{"msgid": "7_1", "title": "t", "details": details}]})
    numbers = channel.read_numbers(line("wechat"), [posted("A1:1", at=YESTERDAY)])["A1:1"]
    assert (numbers.reads, numbers.shares, numbers.favourites) == (11, 2, 0)
    assert (numbers.likes, numbers.comments, numbers.watching) == (None, None, None)


def test_an_account_without_the_new_interface_is_told_so_once_a_day(wire, line, channel, posted):
    wire.on(NEW, {"errcode": 48001, "errmsg": "api unauthorized"}).on(OLD, {"list": []})
    posts = [posted(f"A{number}:1", at=NOW - timedelta(days=number)) for number in (1, 2, 3)]
    assert channel.read_numbers(line("wechat"), posts) == {}
    assert channel.read_numbers(line("wechat"), posts[:1]) == {}
    assert (wire.paths().count(NEW), wire.paths().count(OLD)) == (1, 4)


def test_before_november_2025_there_is_the_old_one_only(wire, line, channel, posted):
    wire.on(OLD, {"list": []})
    channel.read_numbers(line("wechat"), [posted("A1:1", at=datetime(2025, 10, 31, 4, tzinfo=UTC))])
    assert wire.paths()[-1:] == [OLD]
    assert NEW not in wire.paths()


def test_every_day_is_told_and_strange_days_are_not(wire, line, channel, posted):
    days = ["2026-06-05", "2026-06-04", "2026-06-03", "2026-06-09", "2099-01-01", "gestern", None]
    wire.on(NEW, {"list": [item(detail_list=[detail(day, 100 - n) for n, day in enumerate(days)])]})
    numbers = channel.read_numbers(line("wechat"), [posted("A1:1", at=NOW - timedelta(days=2))])["A1:1"]
    assert (numbers.about.day, numbers.reads) == (5, 100)
    assert [(one.about.day, one.reads) for one in numbers.earlier] == [(4, 99)]


def test_two_of_the_same_title_are_nobodys(wire, line, channel, posted):
    wire.on(NEW, {"list": [item(msgid="1_1"), item(msgid="2_1")]}).on(OLD, {"list": []})
    assert channel.read_numbers(line("wechat"), [posted("A1:1", at=YESTERDAY)]) == {}


def test_nonsense_is_not_a_number(wire, line, channel, posted):
    bad = {"stat_date": "2026-06-05", "read_user": -1, "like_user": "x", "share_user": None, "comment_count": 1e300}
    wire.on(NEW, {"list": [item(detail_list=[bad])]})
    numbers = channel.read_numbers(line("wechat"), [posted("A1:1", at=YESTERDAY)])["A1:1"]
    assert (numbers.reads, numbers.likes, numbers.shares, numbers.comments) == (None,) * 4


def test_a_bad_token_is_not_silence(wire, line, channel, posted):
    wire.on(NEW, {"errcode": 40001, "errmsg": "invalid credential"})
    with pytest.raises(CredentialRefused):
        channel.read_numbers(line("wechat"), [posted("A1:1", at=YESTERDAY)])


def test_articles_of_one_message_are_told_apart(wire, line, channel, posted):
    second = [detail("2026-06-05", 77)]
    wire.on(NEW, {"list": [item(), item(msgid="2247480001_2", detail_list=second), item(msgid="2247480001_12")]})
    posts = [posted(f"A1:{index}", at=YESTERDAY, msg_data_id="2247480001", index=index) for index in (1, 2)]
    numbers = channel.read_numbers(line("wechat"), posts)
    assert {name: figures.reads for name, figures in numbers.items()} == {"A1:1": 9, "A1:2": 77}
