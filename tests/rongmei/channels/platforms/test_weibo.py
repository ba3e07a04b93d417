"""Weibo: the text, what its answers mean, and finding a post again."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import Absent, Accepted, Article, Credential, Pending, Posted
from rongmei.channels.platforms.weibo import AI_MARK, TEXT_UNITS, WeiboChannel, _cut, _units, base62
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

CHANNEL = WeiboChannel()
CREDENTIAL = Credential(
    "https://api.weibo.com", {"access_token": "2.00weibo-token", "uid": "1", "safe_domain": "rongmei.example"}
)
SHARE = "/2/statuses/share.json"
TIMELINE = "/2/statuses/user_timeline.json"
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MARK = "rm0123456789abcdef01"


def text_of(article, credential=CREDENTIAL):
    return CHANNEL.render(article, credential, {}).body


@given(title=st.text(max_size=220), digest=st.text(max_size=300), ai=st.booleans(), own=st.booleans())
def test_every_text_fits_with_its_link_whole(title, digest, ai, own):
    link = "https://site.example/archives/12?x=1#top" if own else None
    article = Article(MARK, title, "", digest, "", "", ai_generated=ai, link=link)
    body = text_of(article)
    assert _units(body) <= TEXT_UNITS
    shown = f"https://site.example/archives/12?x=1&rm={MARK}" if own else f"https://rongmei.example/?rm={MARK}"
    assert body.endswith(f" {shown}")
    assert "#" not in body
    assert (AI_MARK in body) or not ai
    body.encode()


def test_a_short_story_is_shown_whole(story):
    assert text_of(story()) == f"【东城队二比一战胜南城队】全场观众超过三万人。 https://rongmei.example/?rm={MARK}"


def test_topics_and_calls_are_tamed(story):
    body = text_of(story(title="#村超# @市长 来了", digest=""))
    assert "＃村超＃ ＠市长" in body


@pytest.mark.parametrize("sign", ["👨‍👩‍👧‍👦", "👍🏽", "❤️", "é", "𠮷"])
def test_signs_are_not_cut_in_two(sign):
    for units in range(4, 40):
        cut = _cut(sign * 20, units)
        assert _units(cut) <= units
        assert set(re.split(re.escape(sign), cut)) <= {"", "…"}


def test_a_link_that_leaves_no_room_gives_way(story):
    assert "rongmei.example" in text_of(story(link="https://site.example/" + "x" * 120))


@pytest.mark.parametrize("domain", ["", "not a domain", "ftp://x.example", "https://x.example/#frag"])
def test_without_a_safe_domain_nothing_goes_out(story, domain):
    credential = Credential("https://api.weibo.com", {"safe_domain": domain})
    assert "safe_domain" in CHANNEL.validate(story(), credential)[0]


@pytest.mark.parametrize(
    ("number", "short"),
    # The first two pairs are the ones that descriptions of the encoding give.
    [
        ("3501756485200075", "z0JH2lOMb"),
        ("3501703397689247", "z0Ijpwgk7"),
        ("100000000000000", "100000000"),
        ("x", "x"),
    ],
)
def test_base62(number, short):
    assert base62(number) == short


def status(text, *, at=NOW, number=5100000006203238):
    created = at.strftime("%a %b %d %H:%M:%S +0000 %Y")
    return {"idstr": str(number), "id": number, "text": text, "created_at": created}


class TestSend:
    @pytest.fixture
    def send(self, line, story, kept):
        def do(**changes):
            progress = kept()
            article = story(**changes)
            CHANNEL.prepare(line("weibo"), article, progress)
            return CHANNEL.send(line("weibo"), article, progress)

        return do

    def test_one_call_with_token_in_the_form(self, wire, send, picture):
        wire.on(SHARE, status("x"))
        accepted = send(pictures=(picture(),))
        assert accepted.live
        assert wire.paths() == [SHARE]
        assert wire.sent[0].query == {}
        assert b'name="pic"' in wire.sent[0].body
        assert b"2.00weibo-token" in wire.sent[0].body
        assert b"127.0.0.1" in wire.sent[0].body

    def test_the_address_is_weibos(self, wire, line):
        wire.on(TIMELINE, {"statuses": [status(f"x rm={MARK}")], "total_number": 1})
        found = CHANNEL.find(line("weibo", "https://api.weibo.com"), MARK, NOW, {})
        assert re.fullmatch(r"https://weibo\.com/1404376560/\w{8,10}", found.url)

    def test_the_address_at_a_stand_in_is_where_readers_reach_it(self, wire, line):
        wire.on(TIMELINE, {"statuses": [status(f"x rm={MARK}")], "total_number": 1})
        there = line("weibo", "http://inside:8600", pages_url="http://outside.example/weibo")
        found = CHANNEL.find(there, MARK, NOW, {})
        assert found.url.startswith("http://outside.example/weibo/u/1404376560/")

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            (20021, Refused),
            ("20012", Refused),
            (20017, Refused),
            (20019, OutcomeUnknown),
            (20032, OutcomeUnknown),
            ("10001", OutcomeUnknown),
            (10009, OutcomeUnknown),
            (10023, TryLater),
            (20016, TryLater),
            (21327, CredentialRefused),
            ("21315", CredentialRefused),
            ("nonsense", OutcomeUnknown),
        ],
    )
    def test_error_codes(self, wire, send, code, error):
        wire.on(SHARE, (400, {"error_code": code, "error": "no", "request": SHARE}))
        with pytest.raises(error) as caught:
            send()
        assert type(caught.value) is error

    @pytest.mark.parametrize("answer", [b"<html>", [], {}, {"id": None}, (400, {"odd": 1})])
    def test_answers_that_say_nothing(self, wire, send, answer):
        wire.on(SHARE, answer)
        with pytest.raises(OutcomeUnknown):
            send()

    def test_the_text_is_kept_before_it_is_sent_and_stays_the_same(self, wire, line, story, kept):
        progress = kept()
        CHANNEL.prepare(line("weibo"), story(), progress)
        CHANNEL.prepare(line("weibo"), story(link="https://later.example/"), progress)
        assert len(progress.commits) == 1
        assert "later.example" not in progress.get("text")


class TestFind:
    def find(self, line):
        progress = {"text": f"【东城队】获胜 https://rongmei.example/?rm={MARK}"}
        return CHANNEL.find(line("weibo"), MARK, NOW, progress)

    def test_by_the_mark(self, wire, line):
        wire.on(
            TIMELINE,
            {"statuses": [status("别的"), status(f"x https://a.example/?a=1&amp;rm={MARK}")], "total_number": 2},
        )
        assert isinstance(self.find(line), Accepted)

    def test_by_the_words_where_links_were_shortened(self, wire, line):
        wire.on(
            TIMELINE,
            {
                "statuses": [status("【东城队】获胜 http://t.cn/A6abcdef", at=NOW + timedelta(seconds=9))],
                "total_number": 1,
            },
        )
        assert isinstance(self.find(line), Accepted)

    def test_the_same_words_of_another_publication_are_not_ours(self, wire, line):
        other = status("【东城队】获胜 https://rongmei.example/?rm=rmffffffffffffffffff", at=NOW)
        wire.on(TIMELINE, {"statuses": [other], "total_number": 1})
        assert isinstance(self.find(line), Absent)

    def test_the_same_words_of_last_week_are_not_ours(self, wire, line):
        wire.on(
            TIMELINE,
            {"statuses": [status("【东城队】获胜 http://t.cn/A6", at=NOW - timedelta(days=7))], "total_number": 1},
        )
        assert isinstance(self.find(line), Absent)

    def test_a_timeline_that_ends_too_early_proves_nothing(self, wire, line):
        wire.on(TIMELINE, {"statuses": [status("别的", at=NOW + timedelta(minutes=1))], "total_number": 500})
        assert isinstance(self.find(line), Pending)
        wire.on(TIMELINE, {"statuses": [], "total_number": 9})
        assert isinstance(self.find(line), Pending)

    def test_an_empty_account_proves_it(self, wire, line):
        wire.on(TIMELINE, {"statuses": [], "total_number": 0})
        assert isinstance(self.find(line), Absent)

    @pytest.mark.parametrize("answer", [{}, [], b"", {"statuses": None}])
    def test_unreadable(self, wire, line, answer):
        wire.on(TIMELINE, answer)
        with pytest.raises(TryLater):
            self.find(line)


def test_numbers_in_hundreds_without_reads(wire, line):
    def counts(request):
        return [
            {"id": int(number), "comments": "7", "reposts": 3, "attitudes": -1}
            for number in request.query["ids"].split(",")
            if number != "5"
        ]

    wire.on("/2/statuses/count.json", counts)
    posts = [Posted(str(number), None, "t", "f", NOW, NOW, {}) for number in range(1, 251)]
    numbers = CHANNEL.read_numbers(line("weibo"), posts)
    assert len(wire.sent) == 3
    assert len(numbers) == 249
    assert "5" not in numbers
    assert (numbers["1"].reads, numbers["1"].comments, numbers["1"].shares, numbers["1"].likes) == (None, 7, 3, None)


def test_recall(wire, line):
    posted = Posted("9", None, "t", "f", NOW, NOW, {})
    wire.on("/2/statuses/destroy.json", status("x"), (400, {"error_code": 20101, "error": "gone"}))
    CHANNEL.recall(line("weibo"), posted)
    with pytest.raises(Refused):
        CHANNEL.recall(line("weibo"), posted)
