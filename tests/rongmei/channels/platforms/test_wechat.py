"""WeChat: tokens, drafts, the one submit, finding a post again, and numbers."""

from datetime import UTC, datetime, timedelta

import pytest

from rongmei.channels import Absent, Accepted, Credential, Pending, Posted, Rejected
from rongmei.channels.platforms.wechat import TokenCache, WechatChannel
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

TOKEN = "/cgi-bin/stable_token"
UPLOADIMG = "/cgi-bin/media/uploadimg"
MATERIAL = "/cgi-bin/material/add_material"
DRAFT = "/cgi-bin/draft/add"
DRAFT_GET = "/cgi-bin/draft/get"
SUBMIT = "/cgi-bin/freepublish/submit"
STATUS = "/cgi-bin/freepublish/get"
LIST = "/cgi-bin/freepublish/batchget"
NEW, OLD = "/datacube/getarticletotaldetail", "/datacube/getarticletotal"
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MARK = "rm0123456789abcdef01"


@pytest.fixture
def channel():
    return WechatChannel()


@pytest.fixture
def wire(wire):
    return (
        wire.on(TOKEN, {"access_token": "token-number-one", "expires_in": 7200})
        .on(UPLOADIMG, {"url": "http://mmbiz.qpic.cn/a/0"})
        .on(MATERIAL, {"media_id": "COVER", "url": "http://mmbiz.qpic.cn/c/0", "item": []})
        .on(DRAFT, {"media_id": "DRAFT", "item": []})
        .on(SUBMIT, {"errcode": 0, "errmsg": "ok", "publish_id": 2650177668, "msg_data_id": 2247480001})
    )


def posted(external_id="2650177668", *, url=None, title="t", at=NOW, **progress):
    return Posted(external_id, url, title, MARK, at, at, progress)


class TestTokens:
    def test_one_token_serves_many_calls(self, wire, line, channel, story, kept):
        channel.prepare(line("wechat"), story(), kept())
        channel.prepare(line("wechat"), story(), kept())
        assert wire.paths().count(TOKEN) == 1
        assert {request.query.get("access_token") for request in wire.sent} == {None, "token-number-one"}

    def test_it_is_renewed_before_it_ends(self, wire, line):
        seconds = [0.0]
        cache = TokenCache(lambda: seconds[0])
        for moment, fetched in [(0, 1), (6800, 1), (6900, 2)]:
            seconds[0] = moment
            cache.get(line("wechat"))
            assert wire.paths().count(TOKEN) == fetched

    @pytest.mark.parametrize("code", [40001, 40014, 42001])
    def test_a_refused_token_is_fetched_again_once(self, wire, line, channel, story, kept, code):
        wire.on(
            TOKEN, {"access_token": "token-one", "expires_in": 7200}, {"access_token": "token-two", "expires_in": 7200}
        )
        wire.on(DRAFT, {"errcode": code, "errmsg": "token"}, {"media_id": "DRAFT"})
        channel.prepare(line("wechat"), story(), kept())
        assert [request.query["access_token"] for request in wire.sent if request.path == DRAFT] == [
            "token-one",
            "token-two",
        ]

    def test_twice_refused_is_a_persons_business(self, wire, line, channel, story, kept):
        wire.on(DRAFT, {"errcode": 40001, "errmsg": "invalid credential"})
        with pytest.raises(CredentialRefused):
            channel.prepare(line("wechat"), story(), kept())
        assert wire.paths().count(DRAFT) == 2

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
    def test_no_token(self, wire, line, code, error):
        wire.on(TOKEN, {"errcode": code, "errmsg": "no wechat-secret-0123456789 rid: 1"})
        with pytest.raises(error) as caught:
            TokenCache().get(line("wechat"))
        assert "wechat-secret" not in str(caught.value)


class TestPrepare:
    def test_ids_are_kept_before_the_next_call(self, wire, line, channel, story, kept, picture, photo):
        one, two = picture(), picture(photo((20, 20)), role="body", name="二.jpg")
        html = f'<p><img src="rongmei:{one.sha256}" alt=""></p><p><img src="rongmei:{two.sha256}" alt=""></p>'
        progress = kept()
        channel.prepare(line("wechat"), story(html=html, pictures=(one, two)), progress)
        assert [sorted(commit) for commit in progress.commits] == [
            ["images"],
            ["images"],
            ["cover", "images"],
            ["cover", "draft", "images"],
        ]
        assert wire.paths() == [TOKEN, UPLOADIMG, UPLOADIMG, MATERIAL, DRAFT]

    @pytest.mark.parametrize("stop", [UPLOADIMG, MATERIAL, DRAFT])
    def test_a_crash_goes_on_where_it_was(self, wire, line, channel, story, kept, picture, stop):
        cover = picture()
        article = story(html=f'<p><img src="rongmei:{cover.sha256}" alt=""></p>', pictures=(cover,))
        good = wire.answers[stop]
        wire.on(stop, {"errcode": -1, "errmsg": "busy"})
        progress = kept()
        with pytest.raises(TryLater):
            channel.prepare(line("wechat"), article, progress)
        wire.answers[stop] = good
        channel.prepare(line("wechat"), article, progress)
        channel.prepare(line("wechat"), article, progress)
        asked = wire.paths()
        assert all(asked.count(path) == (2 if path == stop else 1) for path in (UPLOADIMG, MATERIAL, DRAFT))

    def test_the_draft(self, wire, line, channel, story, kept):
        article = story(
            html='<p>看<a href="https://a.example">这里</a></p>',
            author="甲" * 30,
            digest="乙" * 300,
            link="https://site.example/1",
        )
        channel.prepare(line("wechat"), article, kept())
        draft = wire.sent[-1].json["articles"][0]
        assert draft["content"] == "<p>看这里</p>"
        assert (len(draft["author"]), len(draft["digest"])) == (16, 128)
        assert draft["content_source_url"] == f"https://site.example/1?rm={MARK}"
        assert draft["thumb_media_id"] == "COVER"
        assert b"\\u" not in wire.sent[-1].body

    def test_a_quota_lasts_until_midnight_in_shanghai(self, wire, line, channel, story, kept):
        wire.on(DRAFT, {"errcode": 45009, "errmsg": "reach max api daily quota limit"})
        with pytest.raises(TryLater) as caught:
            channel.prepare(line("wechat"), story(), kept())
        assert caught.value.retry_after == timedelta(hours=12, minutes=5)

    def test_limits(self, channel, story):
        def problems(article, **fields):
            return "；".join(channel.validate(article, Credential("https://x.example", fields)))

        assert problems(story()) == ""
        assert "最多 32 字" in problems(story(title="长" * 33))
        assert problems(story(title="长" * 33), title_limit="64") == ""
        assert "没有标题" in problems(story(title=""))
        assert "没有正文" in problems(story(text=""))
        assert "20000" in problems(story(html="<p>" + "长" * 20_000 + "</p>"))


class TestSend:
    def send(self, line, channel, story, kept, **progress):
        return channel.send(line("wechat"), story(), kept(draft="DRAFT", **progress))

    @pytest.mark.parametrize("publish_id", [2650177668, "2650177668"])
    def test_accepted(self, wire, line, channel, story, kept, publish_id):
        wire.on(SUBMIT, {"errcode": 0, "errmsg": "ok", "publish_id": publish_id})
        accepted = self.send(line, channel, story, kept)
        assert (accepted.external_id, accepted.live) == ("2650177668", False)
        assert accepted.keep == {"publish_id": "2650177668"}
        assert wire.sent[-1].json == {"media_id": "DRAFT"}

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            (53503, Refused),
            (87014, Refused),
            (48001, CredentialRefused),
            (53501, TryLater),
            (45009, TryLater),
            (-1, OutcomeUnknown),
            ("odd", OutcomeUnknown),
        ],
    )
    def test_error_codes(self, wire, line, channel, story, kept, code, error):
        wire.on(SUBMIT, {"errcode": code, "errmsg": "no"})
        with pytest.raises(error) as caught:
            self.send(line, channel, story, kept)
        assert type(caught.value) is error

    @pytest.mark.parametrize("answer", [b"<html>", [], {}, {"errcode": 0}])
    def test_answers_that_say_nothing(self, wire, line, channel, story, kept, answer):
        wire.on(SUBMIT, answer)
        with pytest.raises(OutcomeUnknown):
            self.send(line, channel, story, kept)

    def test_a_draft_that_is_gone(self, wire, line, channel, story, kept):
        wire.on(SUBMIT, {"errcode": 40007, "errmsg": "invalid media_id"})
        # After an earlier send it may be gone because it was published …
        with pytest.raises(OutcomeUnknown):
            self.send(line, channel, story, kept, sends=2)
        # … before any, somebody deleted it.
        progress = kept(draft="DRAFT", sends=1)
        with pytest.raises(TryLater):
            channel.send(line("wechat"), story(), progress)
        assert progress.get("draft") is None


class TestAfterwards:
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (
                {
                    "publish_status": 0,
                    "article_id": "A1",
                    "article_detail": {"count": 1, "item": [{"idx": 1, "article_url": "https://mp/s"}]},
                },
                Accepted("A1", "https://mp/s", live=True),
            ),
            ({"publish_status": 0, "article_id": "A1"}, Accepted("A1", None, live=True)),
            ({"publish_status": 0}, Pending("平台说已发布，还没有给出文章标识")),
            ({"publish_status": 1}, Pending("平台正在发布")),
            ({"publish_status": 4, "fail_idx": [1]}, Rejected("平台审核不通过")),
            ({"publish_status": 2}, Rejected("原创声明未通过")),
            ({}, Pending("平台正在发布")),
        ],
    )
    def test_confirm(self, wire, line, channel, answer, expected):
        wire.on(STATUS, answer)
        assert channel.confirm(line("wechat"), posted(publish_id="2650177668")) == expected
        assert wire.sent[-1].json == {"publish_id": 2650177668}

    def listed(self, *, source="", thumb="X", at=NOW, number=1):
        news = {"title": "t", "content_source_url": source, "thumb_media_id": thumb, "url": f"https://mp/{number}"}
        return {"article_id": f"A{number}", "content": {"news_item": [news]}, "update_time": int(at.timestamp())}

    @pytest.mark.parametrize("ours", [{"source": f"https://a.example/?rm={MARK}"}, {"thumb": "COVER"}])
    def test_found_by_mark_or_cover(self, wire, line, channel, ours):
        wire.on(LIST, {"item": [self.listed(number=1), self.listed(number=2, **ours)], "total_count": 2})
        found = channel.find(line("wechat"), MARK, NOW, {"cover": "COVER", "draft": "DRAFT"})
        assert found == Accepted("A2", "https://mp/2", live=True)

    def test_a_draft_in_the_box_was_not_published(self, wire, line, channel):
        wire.on(LIST, {"item": [self.listed()], "total_count": 1}).on(DRAFT_GET, {"news_item": [{"title": "t"}]})
        assert isinstance(channel.find(line("wechat"), MARK, NOW, {"draft": "DRAFT"}), Absent)

    def test_a_draft_that_left_and_is_not_listed_decides_nothing(self, wire, line, channel):
        wire.on(LIST, {"item": []}).on(DRAFT_GET, {"errcode": 40007, "errmsg": "invalid media_id"})
        assert isinstance(channel.find(line("wechat"), MARK, NOW, {"draft": "DRAFT"}), Pending)

    def test_the_list_is_read_back_to_the_send(self, wire, line, channel):
        pages = [
            {"item": [self.listed(number=page * 20 + n, at=NOW - timedelta(minutes=50 * page)) for n in range(20)]}
            for page in range(4)
        ]
        wire.on(LIST, *pages).on(DRAFT_GET, {"news_item": [{}]})
        channel.find(line("wechat"), MARK, NOW, {"draft": "DRAFT"})
        assert wire.paths().count(LIST) == 3

    def test_recall(self, wire, line, channel):
        wire.on("/cgi-bin/freepublish/delete", {"errcode": 0, "errmsg": "ok"}, {"errcode": -1}, {"errcode": 53600})
        channel.recall(line("wechat"), posted("A1"))
        assert wire.sent[-1].json == {"article_id": "A1", "index": 0}
        with pytest.raises(OutcomeUnknown):
            channel.recall(line("wechat"), posted("A1"))
        with pytest.raises(Refused):
            channel.recall(line("wechat"), posted("A1"))


class TestNumbers:
    YESTERDAY = NOW - timedelta(days=1)

    def detail(self, day, reads):
        return {
            "stat_date": day, "read_user": reads, "share_user": 3, "zaikan_user": 2, "like_user": 5,
            "comment_count": 1, "collection_user": 0, "read_user_source": [{"user_count": 1, "scene_desc": "全部"}],
        }  # fmt: skip

    def item(self, **changes):
        base = {"msgid": "2247480001_1", "title": "t", "content_url": "https://mp/s?mid=1#rd"}
        return {**base, "detail_list": [self.detail("2026-06-06", 9), self.detail("2026-06-05", 4)], **changes}

    @pytest.mark.parametrize(
        "post",
        [{"msg_data_id": "2247480001"}, {"url": "https://mp/s?mid=1"}, {"title": "t"}],
        ids=["msgid", "url", "title"],
    )
    def test_the_latest_cumulative_record(self, wire, line, channel, post):
        wire.on(NEW, {"list": [self.item(), self.item(msgid="9_1", title="other", content_url="https://mp/s?mid=9")]})
        numbers = channel.read_numbers(line("wechat"), [posted("A1", at=self.YESTERDAY, **post)])["A1"]
        assert (numbers.reads, numbers.likes, numbers.watching, numbers.shares) == (9, 5, 2, 3)
        assert (numbers.comments, numbers.favourites) == (1, 0)
        assert "read_user_source" not in numbers.raw
        assert wire.sent[-1].json == {"begin_date": "2026-06-05", "end_date": "2026-06-05"}

    def test_one_call_a_day_and_none_for_today(self, wire, line, channel):
        wire.on(NEW, {"list": []}).on(OLD, {"list": []})
        days = [NOW, NOW - timedelta(days=1), NOW - timedelta(days=1, hours=1), NOW - timedelta(days=2)]
        posts = [posted(str(number), at=at) for number, at in enumerate(days)]
        assert channel.read_numbers(line("wechat"), posts) == {}
        assert wire.paths().count(NEW) == 2
        assert channel.read_numbers(line("wechat"), posts[:1]) == {}

    def test_a_review_past_midnight_is_looked_for_on_both_days(self, wire, line, channel):
        def of_day(request):
            return {"list": [self.item()] if request.json["begin_date"] == "2026-06-04" else []}

        wire.on(NEW, of_day).on(OLD, {"list": []})
        post = Posted("A1", None, "t", MARK, NOW - timedelta(days=2), NOW - timedelta(days=1), {})
        assert channel.read_numbers(line("wechat"), [post])["A1"].reads == 9
        assert wire.paths().count(NEW) == 2

    def test_the_old_interface_knows_less(self, wire, line, channel):
        details = [{"stat_date": "2026-06-05", "int_page_read_count": 11, "share_count": 2, "add_to_fav_count": 0}]
        wire.on(NEW, {"errcode": 48001, "errmsg": "api unauthorized"})
        wire.on(OLD, {"list": [{"msgid": "7_1", "title": "t", "details": details}]})
        numbers = channel.read_numbers(line("wechat"), [posted("A1", at=self.YESTERDAY)])["A1"]
        assert (numbers.reads, numbers.shares, numbers.favourites) == (11, 2, 0)
        assert (numbers.likes, numbers.comments, numbers.watching) == (None, None, None)

    def test_two_of_the_same_title_are_nobodys(self, wire, line, channel):
        wire.on(NEW, {"list": [self.item(msgid="1_1"), self.item(msgid="2_1")]}).on(OLD, {"list": []})
        assert channel.read_numbers(line("wechat"), [posted("A1", at=self.YESTERDAY)]) == {}

    def test_nonsense_is_not_a_number(self, wire, line, channel):
        bad = {"stat_date": "2026-06-05", "read_user": -1, "like_user": "x", "share_user": None, "comment_count": 1e300}
        wire.on(NEW, {"list": [self.item(detail_list=[bad])]})
        numbers = channel.read_numbers(line("wechat"), [posted("A1", at=self.YESTERDAY)])["A1"]
        assert (numbers.reads, numbers.likes, numbers.shares, numbers.comments) == (None,) * 4

    def test_a_bad_token_is_not_silence(self, wire, line, channel):
        wire.on(NEW, {"errcode": 40001, "errmsg": "invalid credential"})
        with pytest.raises(CredentialRefused):
            channel.read_numbers(line("wechat"), [posted("A1", at=self.YESTERDAY)])
