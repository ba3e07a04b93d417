"""Weibo step by step: the text with its link, the one call, finding a status again, taking it down."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import Absent, Accepted, Article, Credential, Measure, Pending, Posted, TakenDown
from rongmei.channels.platforms.weibo import AI_MARK, TEXT_UNITS, WeiboChannel
from rongmei.channels.platforms.weibo.channel import is_safe
from rongmei.channels.platforms.weibo.text import units
from rongmei.channels.quotas import with_limits
from rongmei.errors import CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater

CHANNEL = WeiboChannel()
SHARE = "/2/statuses/share.json"
DESTROY = "/2/statuses/destroy.json"
TIMELINE = "/2/statuses/user_timeline.json"
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MARK = "rm0123456789abcdef01"


def credential(**fields):
    known = {"access_token": "2.00weibo-token", "uid": "1", "safe_domain": "rongmei.example"}
    return Credential("https://api.weibo.com", {**known, **fields})


def text_of(article, **fields):
    return CHANNEL.render(article, credential(**fields), {}).body


def status(text, *, at=NOW, number=5100000006203238):
    created = at.strftime("%a %b %d %H:%M:%S +0000 %Y")
    return {"idstr": str(number), "id": number, "text": text, "created_at": created}


class TestText:
    @given(
        title=st.text(max_size=220),
        digest=st.text(max_size=300),
        tags=st.lists(st.text(max_size=20), max_size=4),
        ai=st.booleans(),
        link=st.sampled_from([None, "https://news.rongmei.example/12?x=1#top", "https://elsewhere.example/12"]),
    )
    def test_every_text_fits_with_its_link_whole(self, title, digest, tags, ai, link):
        article = Article(MARK, title, "", digest, "", "", tags=tuple(tags), ai_generated=ai, link=link)
        post = CHANNEL.render(article, credential(), {})
        assert units(post.body) <= TEXT_UNITS
        home, own = f"https://rongmei.example/?rm={MARK}", f"https://news.rongmei.example/12?x=1&rm={MARK}"
        assert post.link in ({home, own} if link and "news" in link else {home})
        assert post.body.endswith(f" {post.link}")
        assert "#" not in post.body
        assert (AI_MARK in post.body) or not ai
        assert post.form == "text"
        post.body.encode()
        if not CHANNEL.validate(article, credential()):
            assert post.measures[0].used <= post.measures[0].limit

    def test_a_short_story_is_shown_whole(self, story):
        post = CHANNEL.render(story(tags=("村超",)), credential(), {})
        assert post.body == f"【东城队二比一战胜南城队】全场观众超过三万人。 村超 https://rongmei.example/?rm={MARK}"
        assert post.tags == ("村超",)
        assert post.measures == (Measure("标题", 13, 91), Measure("正文", units(post.body), 140))

    def test_weibos_own_title(self, story):
        article = story(titles={"weibo": "两个进球"})
        assert text_of(article).startswith("【两个进球】")
        assert CHANNEL.render(article, credential(), {}).title == "两个进球"

    def test_a_link_that_leaves_no_room_gives_way(self, story):
        long = "https://rongmei.example/" + "x" * 120
        assert text_of(story(link=long)).endswith(f" https://rongmei.example/?rm={MARK}")
        # One that leaves too little for this headline does, too; the headline is never cut for a link.
        middling = "https://rongmei.example/" + "x" * 50
        assert "xxx" in text_of(story(link=middling))
        assert "xxx" not in text_of(story(link=middling, title="长" * 60))

    @pytest.mark.parametrize("title", ["长" * 100, "goal" * 30])
    def test_a_headline_that_does_not_fit_is_refused(self, story, title):
        problem = CHANNEL.validate(story(title=title), credential())[0]
        assert "短标题" in problem
        assert CHANNEL.validate(story(title=title, titles={"weibo": "短"}), credential()) == ()
        assert CHANNEL.validate(story(title=""), credential()) == ("没有标题",)


class TestLinks:
    @pytest.mark.parametrize(
        ("url", "safe"),
        [
            ("https://rongmei.example/1", True),
            ("http://RONGMEI.example:8080/1", True),
            ("https://news.rongmei.example/1", True),
            ("https://mp.weixin.qq.com/s/1", True),
            ("https://a.mp.weixin.qq.com/s/1", True),
            ("https://notrongmei.example/1", False),
            ("https://rongmei.example.evil.example/", False),
            ("https://evil.example/rongmei.example", False),
            ("https://rongmei.example@evil.example/", False),
            ("ftp://rongmei.example/1", False),
            ("https://rongmei.example/a b", False),
            ("", False),
        ],
    )
    def test_what_is_safe(self, url, safe):
        domains = " mp.weixin.qq.com , https://more.example/x, ,not a domain"
        assert is_safe(url, credential(safe_domain="rongmei.example", safe_domains=domains)) is safe

    def test_a_page_may_stand_for_its_domain(self):
        assert is_safe("http://127.0.0.1:8600/wordpress/archives/1", credential(safe_domain="http://127.0.0.1:8600/"))

    def test_a_link_elsewhere_falls_back_to_the_home(self, story):
        article = story(link="https://elsewhere.example/1")
        assert CHANNEL.validate(article, credential()) == ()
        assert text_of(article).endswith(f" https://rongmei.example/?rm={MARK}")

    @pytest.mark.parametrize("domain", ["", "not a domain", "ftp://x.example", "https://x.example/#frag"])
    def test_with_nothing_to_fall_back_on_it_says_so(self, story, domain):
        unsafe = CHANNEL.validate(story(link="https://elsewhere.example/1"), credential(safe_domain=domain))[0]
        assert "稿件的链接不在安全域名里" in unsafe
        assert "safe_domain" in unsafe
        assert "稿件的链接" not in CHANNEL.validate(story(), credential(safe_domain=domain))[0]

    def test_a_safe_link_needs_no_home(self, story):
        article = story(link="https://mp.weixin.qq.com/s/1")
        fields = {"safe_domain": "", "safe_domains": "mp.weixin.qq.com"}
        assert CHANNEL.validate(article, credential(**fields)) == ()
        assert text_of(article, **fields).endswith(f" https://mp.weixin.qq.com/s/1?rm={MARK}")

    def test_a_home_that_leaves_no_room(self, story):
        assert "太长" in CHANNEL.validate(story(), credential(safe_domain="https://x.example/" + "x" * 100))[0]


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

    def test_a_call_and_a_post_are_counted_before_it_leaves(self, wire, line, story, kept):
        used = []

        class Counter:
            def take(self, account, quota, now):
                used.append(quota.name)
                if quota.name == "post" and used.count("post") > 1:
                    raise QuotaGone("用完了", now=now, resets_at=now + timedelta(hours=1))

        counted = replace(line("weibo"), quotas=with_limits(CHANNEL.capabilities.quotas, {}), meter=Counter())
        wire.on(SHARE, status("x"))
        progress = kept()
        CHANNEL.prepare(counted, story(), progress)
        CHANNEL.send(counted, story(), progress)
        with pytest.raises(QuotaGone):
            CHANNEL.send(counted, story(), progress)
        assert used == ["call", "post", "call", "post"]
        assert wire.paths() == [SHARE]

    def test_the_limits_are_the_wikis(self):
        quotas = with_limits(CHANNEL.capabilities.quotas, {})
        assert (quotas["post"].limit, quotas["post"].window) == (30, timedelta(hours=1))
        assert (quotas["call"].limit, quotas["call"].window) == (100, timedelta(days=1))


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


def post(external_id="9", at=NOW):
    return Posted(external_id, None, "t", "f", at, at, {})


class TestRecall:
    def test_destroyed(self, wire, line):
        wire.on(DESTROY, status("x"))
        gone = CHANNEL.recall(line("weibo"), post())
        assert gone == TakenDown("deleted", "statuses/destroy 删除了微博 5100000006203238")
        assert b"id=9" in wire.sent[0].body

    def test_what_is_gone_already_counts(self, wire, line):
        wire.on(DESTROY, (400, {"error_code": 20101, "error": "Target weibo does not exist 2.00weibo-token"}))
        gone = CHANNEL.recall(line("weibo"), post())
        assert gone == TakenDown("deleted", "已经不在：20101 Target weibo does not exist ***")

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ((400, {"error_code": 20102, "error": "Not your own weibo"}), Refused),
            ((403, {"error_code": 21332, "error": "invalid_access_token"}), CredentialRefused),
            ((400, {"error_code": 10009, "error": "busy"}), OutcomeUnknown),
            ((403, {"error_code": 10023, "error": "limit"}), TryLater),
            (b"", OutcomeUnknown),
        ],
    )
    def test_refusals(self, wire, line, answer, error):
        wire.on(DESTROY, answer)
        with pytest.raises(error) as caught:
            CHANNEL.recall(line("weibo"), post())
        assert type(caught.value) is error

    def test_an_address_is_no_id(self, wire, line):
        with pytest.raises(Refused, match="编号"):
            CHANNEL.recall(line("weibo"), post("https://weibo.com/1/z0JH2lOMb"))
        assert CHANNEL.is_gone(line("weibo"), post("https://weibo.com/1/z0JH2lOMb")) is None
        assert wire.paths() == []


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        ({"statuses": [status("x", number=8), status("y", number=9)], "total_number": 2}, False),
        ({"statuses": [status("x", number=8)], "total_number": 1}, True),
        ({"statuses": [status("x", number=8, at=NOW - timedelta(hours=1))], "total_number": 900}, True),
        ({"statuses": [], "total_number": 0}, True),
        ({"statuses": [status("x", number=8)], "total_number": 900}, None),
        ({"statuses": [], "total_number": 9}, None),
    ],
)
def test_is_gone(wire, line, answer, gone):
    wire.on(TIMELINE, answer)
    assert CHANNEL.is_gone(line("weibo"), post()) is gone
    assert set(wire.paths()) == {TIMELINE}


def test_confirmed_as_it_is(line):
    assert CHANNEL.confirm(line("weibo"), post()) == Accepted("9", None, live=True)
