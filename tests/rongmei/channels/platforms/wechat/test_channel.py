"""WeChat step by step: pictures, the one submit, what it says afterwards, and taking an article down."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rongmei.channels import Accepted, Parcel, Pending, Posted, Rejected, TakenDown
from rongmei.channels.quotas import with_limits
from rongmei.errors import CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater

TOKEN = "/cgi-bin/stable_token"
UPLOADIMG = "/cgi-bin/media/uploadimg"
MATERIAL = "/cgi-bin/material/add_material"
DRAFT, DRAFT_GET = "/cgi-bin/draft/add", "/cgi-bin/draft/get"
SUBMIT = "/cgi-bin/freepublish/submit"
STATUS = "/cgi-bin/freepublish/get"
LIST = "/cgi-bin/freepublish/batchget"
ARTICLE = "/cgi-bin/freepublish/getarticle"
DELETE = "/cgi-bin/freepublish/delete"
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MARK = "rm0123456789abcdef01"


@pytest.fixture
def wire(wire):
    return (
        wire.on(TOKEN, {"access_token": "token-number-one", "expires_in": 7200})
        .on(UPLOADIMG, {"url": "http://mmbiz.qpic.cn/a/0"})
        .on(MATERIAL, {"media_id": "COVER", "url": "http://mmbiz.qpic.cn/c/0", "item": []})
        .on(DRAFT, {"media_id": "DRAFT", "item": []})
        .on(SUBMIT, {"errcode": 0, "errmsg": "ok", "publish_id": 2650177668, "msg_data_id": 2247480001})
    )


@pytest.fixture
def metered(line, channel):
    """A line that counts, and what it counted."""

    class Counter:
        def __init__(self):
            self.used = []

        def take(self, account, quota, now):
            self.used.append(quota.name)
            if self.used.count(quota.name) > quota.limit:
                raise QuotaGone("用完了", now=now, resets_at=now + timedelta(hours=1))

    def make(**limits):
        counter = Counter()
        quotas = with_limits(channel.capabilities.quotas, limits)
        return replace(line("wechat"), quotas=quotas, meter=counter), counter

    return make


class TestPrepare:
    def test_pictures_and_cover_and_nothing_else(self, wire, line, channel, story, kept, picture, photo):
        one, two = picture(), picture(photo((20, 20)), role="body", name="二.jpg")
        html = f'<p><img src="rongmei:{one.sha256}" alt=""></p><p><img src="rongmei:{two.sha256}" alt=""></p>'
        progress = kept()
        channel.prepare(line("wechat"), story(html=html, pictures=(one, two)), progress)
        assert [sorted(commit) for commit in progress.commits] == [["images"], ["images"], ["cover", "images"]]
        assert wire.paths() == [TOKEN, UPLOADIMG, UPLOADIMG, MATERIAL]

    @pytest.mark.parametrize("stop", [UPLOADIMG, MATERIAL])
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
        assert all(asked.count(path) == (2 if path == stop else 1) for path in (UPLOADIMG, MATERIAL))

    def test_every_upload_counts(self, wire, metered, channel, story, kept, picture):
        cover = picture()
        article = story(html=f'<p><img src="rongmei:{cover.sha256}" alt=""></p>', pictures=(cover,))
        line, counter = metered(upload=1)
        with pytest.raises(QuotaGone):
            channel.prepare(line, article, kept())
        assert counter.used == ["upload", "upload"]
        assert wire.paths() == [TOKEN, UPLOADIMG]


class TestSend:
    """A single publication, which is a bundle of one."""

    def send(self, line, channel, story, kept, **progress):
        return channel.send(line("wechat"), story(), kept(cover="COVER", **progress))

    @pytest.mark.parametrize("publish_id", [2650177668, "2650177668"])
    def test_accepted(self, wire, line, channel, story, kept, publish_id):
        wire.on(SUBMIT, {"errcode": 0, "errmsg": "ok", "publish_id": publish_id})
        progress = kept(cover="COVER", images={})
        accepted = channel.send(line("wechat"), story(link="https://site.example/1"), progress)
        assert (accepted.external_id, accepted.live) == ("2650177668:1", False)
        assert accepted.keep == {"publish_id": "2650177668", "index": 1}
        assert wire.sent[-1].json == {"media_id": "DRAFT"}
        draft = wire.sent[-2].json["articles"]
        assert [article["content_source_url"] for article in draft] == [f"https://site.example/1?rm={MARK}"]
        assert draft[0]["thumb_media_id"] == "COVER"
        assert b"\\u" not in wire.sent[-2].body
        assert progress.values == {
            "cover": "COVER",
            "images": {},
            "draft": "DRAFT",
            "index": 1,
            "together": [MARK],
            "laid": NOW.isoformat(),
            "submitted": "DRAFT",
        }

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            (53503, Refused),
            (87014, Refused),
            (48001, CredentialRefused),
            (53501, TryLater),
            (45009, QuotaGone),
            (-1, OutcomeUnknown),
            ("odd", OutcomeUnknown),
            (40007, OutcomeUnknown),
        ],
    )
    def test_error_codes(self, wire, line, channel, story, kept, code, error):
        wire.on(SUBMIT, {"errcode": code, "errmsg": "no"})
        with pytest.raises(error) as caught:
            self.send(line, channel, story, kept)
        assert type(caught.value) is error

    @pytest.mark.parametrize(
        ("code", "noted"), [(53503, None), (53501, None), (45009, None), (40007, None), (-1, "DRAFT")]
    )
    def test_the_note_of_a_submission_stays_only_where_it_may_have_happened(
        self, wire, line, channel, story, kept, code, noted
    ):
        wire.on(SUBMIT, {"errcode": code, "errmsg": "no"})
        progress = kept(cover="COVER")
        with pytest.raises((Refused, TryLater, OutcomeUnknown)):
            channel.send(line("wechat"), story(), progress)
        assert progress.get("submitted") == noted
        assert progress.get("draft") == "DRAFT"

    def test_it_is_noted_before_the_call(self, wire, line, channel, story, kept):
        progress = kept(cover="COVER")
        noted = []
        wire.on(SUBMIT, lambda _: noted.append(progress.commits[-1]["submitted"]) or {"publish_id": 1})
        channel.send(line("wechat"), story(), progress)
        assert noted == ["DRAFT"]

    @pytest.mark.parametrize("answer", [b"<html>", [], {}, {"errcode": 0}, {"publish_id": {}}])
    def test_answers_that_say_nothing(self, wire, line, channel, story, kept, answer):
        wire.on(SUBMIT, answer)
        with pytest.raises(OutcomeUnknown):
            self.send(line, channel, story, kept)

    def test_without_a_cover_nothing_is_laid(self, wire, line, channel, story, kept):
        with pytest.raises(TryLater, match="封面"):
            channel.send(line("wechat"), story(), kept())
        assert wire.paths() == []

    def test_a_submission_counts_before_it_leaves(self, wire, metered, channel, story, kept):
        line, counter = metered(submit=0)
        progress = kept(cover="COVER")
        with pytest.raises(QuotaGone):
            channel.send(line, story(), progress)
        assert counter.used == ["submit"]
        assert SUBMIT not in wire.paths()
        assert progress.get("submitted") is None


class TestConfirm:
    def test_by_the_kept_publish_id(self, wire, line, channel, posted):
        wire.on(STATUS, {"publish_status": 0, "article_id": "A1"})
        answer = channel.confirm(line("wechat"), posted("2650177668:3", publish_id="2650177668", index=3))
        assert answer == Accepted("A1:3", None, live=True)
        assert wire.sent[-1].json == {"publish_id": 2650177668}

    def test_what_went_out_together_is_asked_for_once(self, wire, metered, channel, posted):
        """Others of the account stand in a job of their own."""
        posts = [
            posted("2650177668:1", publish_id="2650177668", index=1),
            posted("2650177669:1", publish_id="2650177669", index=1),
            posted("2650177668:2", publish_id="2650177668", index=2),
        ]
        first, other = channel.batches(posts)
        assert (first, other) == ([posts[0], posts[2]], [posts[1]])
        wire.on(STATUS, {"publish_status": 0, "article_id": "A1"})
        line, counter = metered(poll=1)
        answers = channel.confirm_together(line, first)
        assert answers == (Accepted("A1:1", None, live=True), Accepted("A1:2", None, live=True))
        assert wire.paths().count(STATUS) == counter.used.count("poll") == 1

    def test_by_the_id_alone(self, wire, line, channel, posted):
        wire.on(STATUS, {"publish_status": 1})
        assert isinstance(channel.confirm(line("wechat"), posted("2650177668:3")), Pending)
        assert wire.sent[-1].json == {"publish_id": 2650177668}

    def test_each_look_counts(self, wire, metered, channel, posted):
        wire.on(STATUS, {"publish_status": 1})
        line, counter = metered(poll=2)
        channel.confirm(line, posted())
        channel.confirm(line, posted())
        with pytest.raises(QuotaGone):
            channel.confirm(line, posted())
        assert counter.used == ["poll"] * 3
        assert wire.paths().count(STATUS) == 2

    def test_one_of_many_is_refused(self, wire, line, channel, posted):
        """The official page gives no addresses then: the list of published messages has the last word."""
        wire.on(STATUS, {"publish_status": 4, "fail_idx": [2]})
        post = posted("2650177668:1", publish_id="2650177668", cover="COVER", index=1)
        assert channel.confirm(line("wechat"), replace(post, external_id="2650177668:2")) == Rejected("平台审核不通过")
        wire.on(LIST, {"item": []})
        refused = channel.confirm(line("wechat"), post)
        assert isinstance(refused, Rejected)
        assert "第 2 篇没有通过" in refused.why
        news = {"thumb_media_id": "COVER", "url": "https://mp/1", "content_source_url": ""}
        wire.on(LIST, {"item": [{"article_id": "A1", "content": {"news_item": [news]}}]})
        live = channel.confirm(line("wechat"), post)
        assert live == Accepted("A1:1", "https://mp/1", live=True, keep={"index": 1})


class TestRecall:
    def test_only_its_own_article(self, wire, line, channel, posted):
        wire.on(DELETE, {"errcode": 0, "errmsg": "ok rid: 6"})
        gone = channel.recall(line("wechat"), posted("A1:2", publish_id="2650177668"))
        assert gone == TakenDown("deleted", "freepublish/delete 第 2 篇：0 ok rid: 6")
        assert wire.sent[-1].json == {"article_id": "A1", "index": 2}

    @pytest.mark.parametrize("external_id", ["A1", "A1:1"])
    def test_a_single_one_is_the_first(self, wire, line, channel, posted, external_id):
        """Never index 0, which is the whole message."""
        wire.on(DELETE, {"errcode": 0, "errmsg": "ok"})
        channel.recall(line("wechat"), posted(external_id))
        assert wire.sent[-1].json == {"article_id": "A1", "index": 1}

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ({"errcode": -1}, OutcomeUnknown),
            (b"", OutcomeUnknown),
            ({"errcode": 40060, "errmsg": "invalid article idx"}, Refused),
            ({"errcode": 48001}, CredentialRefused),
            ({"errcode": 45009}, QuotaGone),
        ],
    )
    def test_refusals(self, wire, line, channel, posted, answer, error):
        wire.on(DELETE, answer)
        with pytest.raises(error) as caught:
            channel.recall(line("wechat"), posted("A1:1"))
        assert type(caught.value) is error

    @pytest.mark.parametrize(
        ("shown", "gone"),
        [
            ({"news_item": [{"is_deleted": True}]}, True),
            ({"news_item": [{"is_deleted": False}]}, False),
            ({"errcode": 53600}, False),
        ],
    )
    def test_what_is_gone_already_counts(self, wire, line, channel, posted, shown, gone):
        wire.on(DELETE, {"errcode": 53600, "errmsg": "invalid article_id"}).on(ARTICLE, shown)
        if gone:
            taken = channel.recall(line("wechat"), posted("A1:1"))
            assert taken == TakenDown("deleted", "已经不在：53600 invalid article_id")
            return
        with pytest.raises(Refused):
            channel.recall(line("wechat"), posted("A1:1"))

    def test_before_the_review_is_over(self, wire, line, channel, posted):
        waiting = posted("2650177668:2", publish_id="2650177668")
        wire.on(STATUS, {"publish_status": 1})
        with pytest.raises(TryLater):
            channel.recall(line("wechat"), waiting)
        wire.on(STATUS, {"publish_status": 4, "fail_idx": [2]})
        assert channel.recall(line("wechat"), waiting) == TakenDown("deleted", "没有公开过：平台审核不通过")
        wire.on(STATUS, {"publish_status": 0, "article_id": "A1"}).on(DELETE, {"errcode": 0, "errmsg": "ok"})
        channel.recall(line("wechat"), waiting)
        assert wire.sent[-1].json == {"article_id": "A1", "index": 2}

    def test_an_address_is_no_id(self, wire, line, channel, posted):
        with pytest.raises(Refused, match="后台"):
            channel.recall(line("wechat"), posted("https://mp.weixin.qq.com/s?idx:1"))
        assert channel.is_gone(line("wechat"), posted("https://mp.weixin.qq.com/s?idx:1")) is None
        assert wire.paths() == []


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        ({"news_item": [{"is_deleted": False}, {"is_deleted": True}]}, True),
        ({"news_item": [{"is_deleted": True}, {"is_deleted": False}]}, False),
        ({"news_item": [{"is_deleted": True}, {}]}, None),
        ({"news_item": [{"is_deleted": True}]}, None),
        ({"errcode": 53600, "errmsg": "invalid article_id"}, None),
    ],
)
def test_is_gone(wire, line, channel, posted, answer, gone):
    wire.on(ARTICLE, answer)
    assert channel.is_gone(line("wechat"), posted("A1:2")) is gone
    assert wire.sent[-1].json == {"article_id": "A1"}


def test_whether_one_under_review_is_gone_cannot_be_asked(wire, line, channel, posted):
    assert channel.is_gone(line("wechat"), posted("2650177668:1", publish_id="2650177668")) is None
    assert wire.paths() == []


def test_a_bad_answer_is_not_gone(wire, line, channel, posted):
    wire.on(ARTICLE, {"errcode": 48001, "errmsg": "api unauthorized"})
    with pytest.raises(CredentialRefused):
        channel.is_gone(line("wechat"), posted("A1:1"))


def test_parcels_that_were_not_assembled_are_not_sent(wire, line, channel, story, kept):
    one, two = story(), story(fingerprint="rm0123456789abcdef02")
    half = [
        Parcel(one, kept(cover="A", draft="D", together=[one.fingerprint])),
        Parcel(two, kept(cover="B", draft="D", together=[two.fingerprint])),
    ]
    for parcels in (half, [Parcel(one, kept(cover="A"))]):
        with pytest.raises(TryLater, match="草稿还没有存好"):
            channel.send_together(line("wechat"), parcels)
    assert wire.paths() == []


def test_a_person_may_have_registered_an_old_id(wire, line, channel):
    wire.on(ARTICLE, {"news_item": [{"is_deleted": False}]})
    assert channel.is_gone(line("wechat"), Posted("A1", None, "t", MARK, NOW, NOW, {})) is False
