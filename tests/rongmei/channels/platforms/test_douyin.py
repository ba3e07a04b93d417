"""Douyin: uploads that go on where they stopped, the one call, finding a post again, tokens and webhooks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from rongmei.channels import (
    AI_LABEL,
    Absent,
    Accepted,
    Pending,
    Posted,
    Rejected,
    TakenDown,
)
from rongmei.channels.platforms.douyin import (
    Challenge,
    DouyinChannel,
    VideoCreated,
    read_webhook,
    verify_webhook,
)
from rongmei.channels.platforms.douyin.uploads import Sizes
from rongmei.errors import BadInput, CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
V = "/api/douyin/v1/video"
UPLOAD, INIT, PART, COMPLETE = (
    f"{V}/upload_video/",
    f"{V}/init_video_part_upload/",
    f"{V}/upload_video_part/",
    (f"{V}/complete_video_part_upload/"),
)
IMAGE, CREATE, CREATE_IMAGES = f"{V}/upload_image/", f"{V}/create_video/", f"{V}/create_image_text/"
LIST, DATA, DELETE, REFRESH = f"{V}/video_list/", f"{V}/video_data/", "/video/delete/", "/oauth/refresh_token/"
ITEM = "@8hxdhauTCMppanGnM4ltGM780mDqPP+KPpR0qQOmLVAXb/T060zdRmYqig357zEBq6CZRp4NVe6qLIJW/V/x1w=="
SMALL = Sizes(whole_bytes=100, part_bytes=40, least_part_bytes=10)
EXTRA = {"logid": "202606061200000101", "now": 1780718400000, "sub_error_code": 0, "sub_description": ""}


def data(**values):
    return {
        "data": {**values, "error_code": 0, "description": ""},
        "extra": {**EXTRA, "error_code": 0, "description": ""},
    }


def refusal(code, where="both", description="不行"):
    inner, outer = (code if where in ("both", place) else 0 for place in ("data", "extra"))
    return {
        "data": {"error_code": inner, "description": description},
        "extra": {**EXTRA, "error_code": outer, "description": description},
    }


def row(text="东城队二比一战胜南城队\n全场观众超过三万人。", *, at=NOW, item_id=ITEM, status=1, **more):
    return {
        "item_id": item_id,
        "video_id": "7512000000000000001",
        "title": text,
        "create_time": int(at.timestamp()),
        "video_status": status,
        "is_top": False,
        "share_url": "https://www.iesdouyin.com/share/video/7512000000000000001/",
        "statistics": {"play_count": 9, "digg_count": 4, "comment_count": 3, "share_count": 2, "forward_count": 1},
        **more,
    }


def listed(*rows, more=False, cursor=1):
    return data(list=list(rows), has_more=more, cursor=cursor)


def posted(**changes):
    values = {"url": None, "title": "题", "fingerprint": "rm0", "accepted_at": NOW, "published_at": NOW, "progress": {}}
    return Posted(**{"external_id": ITEM, **values, **changes})


def parts_of(request):
    """The names, and the content of the last part, of a multipart body."""
    boundary = request.headers["Content-Type"].partition("boundary=")[2].encode()
    pieces = request.body.split(b"--" + boundary)[1:-1]
    return [piece.split(b'name="')[1].split(b'"')[0] for piece in pieces], pieces[-1].split(b"\r\n\r\n", 1)[1][:-2]


@pytest.fixture
def channel():
    return DouyinChannel(SMALL)


@pytest.fixture
def film(story, clip):
    def make(**changes):
        return story(**{"videos": (clip(),), **changes})

    return make


@pytest.fixture
def open_platform(wire):
    """A platform that takes everything."""
    wire.on(UPLOAD, data(video={"video_id": "v0200f01", "width": 0, "height": 0}))
    wire.on(IMAGE, *(data(image={"image_id": f"tos-{n}", "width": 1, "height": 1}) for n in range(20)))
    wire.on(CREATE, data(item_id=ITEM, video_id="7512"))
    return wire.on(CREATE_IMAGES, data(item_id=ITEM, video_id="7512"))


@pytest.fixture
def ready(channel, line, film, kept, open_platform):
    """A film prepared: (line, article, progress), the wire's record emptied."""
    at, article, progress = line("douyin"), film(), kept()
    channel.prepare(at, article, progress)
    open_platform.sent.clear()
    return at, article, progress


class TestBefore:
    def test_what_douyin_would_refuse(self, channel, story, clip, picture, line):
        credential = line("douyin").credential
        assert channel.validate(story(videos=(clip(),)), credential) == ()
        assert channel.validate(story(pictures=(picture(),)), credential) == ()
        assert "没有视频也没有图片" in channel.validate(story(), credential)[0]
        bad = clip(mime="video/quicktime", size_bytes=5 * 1024**3, seconds=901.0)
        assert len(channel.validate(story(title="", videos=(bad,)), credential)) == 4

    def test_the_text_and_its_measures(self, channel, story, picture, line):
        article = story(tags=("村超", "a b"), ai_generated=True, pictures=(picture(),))
        post = channel.render(article, line("douyin").credential, {})
        assert post.body == f"东城队二比一战胜南城队\n全场观众超过三万人。\n（{AI_LABEL}）\n#村超 #ab"
        assert post.form == "text"
        assert [(measure.name, measure.limit) for measure in post.measures] == [("文案", 1000), ("图片", 12)]


class TestWholeFilm:
    def test_it_goes_up_in_one_call_and_once(self, channel, line, film, kept, open_platform):
        at, article, progress = line("douyin"), film(), kept()
        channel.prepare(at, article, progress)
        channel.prepare(at, article, progress)
        assert open_platform.paths() == [UPLOAD]
        sent = open_platform.sent[0]
        assert parts_of(sent) == ([b"video"], article.videos[0].path.read_bytes())
        assert sent.query == {"open_id": at.credential.fields["open_id"]}
        assert sent.headers["access-token"] == "act.douyin-token-0001"
        assert progress.get("video_id") == "v0200f01"

    def test_the_text_is_kept_before_anything_goes_up(self, channel, line, film, kept, wire):
        wire.on(UPLOAD, refusal(28001007))
        progress = kept()
        with pytest.raises(Refused):
            channel.prepare(line("douyin"), film(), progress)
        assert "东城队" in progress.get("text")

    def test_a_film_that_was_not_reviewed_does_not_go_up(self, channel, line, film, kept, open_platform):
        article = film()
        article.videos[0].path.write_bytes(b"another film")
        with pytest.raises(Refused, match="不是审过的"):
            channel.prepare(line("douyin"), article, kept())
        assert open_platform.sent == []

    @pytest.mark.parametrize(
        "answer", [b"<html>", {}, data(), data(video=None), data(video={"video_id": ""}), (500, b"")]
    )
    def test_an_upload_without_a_readable_answer_is_made_again(self, channel, line, film, kept, wire, answer):
        wire.on(UPLOAD, answer)
        with pytest.raises(TryLater):
            channel.prepare(line("douyin"), film(), kept())

    def test_a_film_uploaded_yesterday_goes_up_anew(self, channel, ready, open_platform):
        at, article, progress = ready
        late = replace(at, clock=lambda: NOW + timedelta(hours=25))
        channel.prepare(late, article, progress)
        assert open_platform.paths() == [UPLOAD]
        progress.save(unclear=True, video_at=(NOW - timedelta(days=2)).isoformat())
        channel.prepare(late, article, progress)
        assert open_platform.paths() == [UPLOAD]

    def test_a_cover_picture_becomes_the_films_cover(self, channel, line, film, picture, kept, open_platform):
        at, article, progress = line("douyin"), film(pictures=(picture(),)), kept()
        channel.prepare(at, article, progress)
        channel.send(at, article, progress)
        assert open_platform.paths() == [IMAGE, UPLOAD, CREATE]
        assert open_platform.sent[-1].json["custom_cover_image_url"] == "tos-0"


class TestParts:
    CONTENT = bytes(range(125))

    @pytest.fixture
    def long(self, film, clip):
        return film(videos=(clip(self.CONTENT),))

    @pytest.fixture
    def parts(self, wire):
        wire.on(INIT, data(upload_id="up 1")).on(PART, data())
        return wire.on(COMPLETE, data(video={"video_id": "v0200f02"}))

    def test_parts_are_the_film_and_the_short_end_goes_with_the_last(self, channel, line, long, kept, parts):
        progress = kept()
        channel.prepare(line("douyin"), long, progress)
        assert parts.paths() == [INIT, PART, PART, PART, COMPLETE]
        sent = [request for request in parts.sent if request.path == PART]
        assert [request.query["part_number"] for request in sent] == ["1", "2", "3"]
        assert {request.query["upload_id"] for request in sent} == {"up 1"}
        assert [len(parts_of(request)[1]) for request in sent] == [40, 40, 45]
        assert b"".join(parts_of(request)[1] for request in sent) == self.CONTENT
        assert progress.get("video_id") == "v0200f02"
        assert progress.get("parts") is None

    @pytest.fixture
    def interrupted(self, channel, line, long, kept, parts):
        """One part has arrived; the record is emptied."""
        progress = kept()
        parts.on(PART, data(), (502, b""))
        with pytest.raises(TryLater):
            channel.prepare(line("douyin"), long, progress)
        parts.on(PART, data())
        parts.sent.clear()
        return progress

    def test_it_goes_on_at_the_next_part(self, channel, line, long, parts, interrupted):
        channel.prepare(line("douyin"), long, interrupted)
        assert [request.query.get("part_number") for request in parts.sent] == ["2", "3", None]

    def test_an_upload_id_of_two_hours_ago_is_not_used(self, channel, line, long, parts, interrupted):
        late = replace(line("douyin"), clock=lambda: NOW + timedelta(hours=2))
        channel.prepare(late, long, interrupted)
        assert parts.paths() == [INIT, PART, PART, PART, COMPLETE]

    def test_parts_that_were_cut_otherwise_are_not_mixed(self, line, long, parts, interrupted):
        DouyinChannel(replace(SMALL, part_bytes=41)).prepare(line("douyin"), long, interrupted)
        assert parts.paths()[0] == INIT

    @pytest.mark.parametrize("kept_parts", ["x", {"upload_id": "u"}, {"upload_id": 1, "cut": 2, "begun_at": "now"}])
    def test_a_record_that_makes_no_sense_is_not_used(self, channel, line, long, kept, parts, kept_parts):
        channel.prepare(line("douyin"), long, kept(parts=kept_parts))
        assert parts.paths()[0] == INIT

    def test_an_upload_that_douyin_has_forgotten_begins_anew(self, channel, line, long, parts, interrupted):
        parts.on(PART, refusal(28001007))
        with pytest.raises(TryLater, match="从头"):
            channel.prepare(line("douyin"), long, interrupted)
        # The refusal of a new one is for the film.
        with pytest.raises(Refused) as caught:
            channel.prepare(line("douyin"), long, interrupted)
        assert not isinstance(caught.value, CredentialRefused)

    def test_a_crash_before_the_video_id_was_kept(self, channel, line, long, parts, interrupted):
        parts.on(COMPLETE, (502, b""), refusal(28001007), data(video={"video_id": "v0200f03"}))
        for _ in range(2):
            with pytest.raises(TryLater):
                channel.prepare(line("douyin"), long, interrupted)
        channel.prepare(line("douyin"), long, interrupted)
        assert interrupted.get("video_id") == "v0200f03"

    def test_the_default_sizes_keep_to_the_platforms(self):
        sizes = Sizes()
        assert (sizes.whole_bytes, sizes.part_bytes, sizes.least_part_bytes) == (50 << 20, 20 << 20, 5 << 20)


class TestPictures:
    def test_pictures_go_up_once_each_and_the_cover_first(
        self, channel, line, story, picture, photo, kept, open_platform
    ):
        inner = [picture(photo((20 + n, 20)), role="body", name=f"{n}.jpg") for n in range(14)]
        cover = picture(photo((90, 90)))
        at, progress = line("douyin"), kept()
        article = story(pictures=(*inner, cover, inner[0]))
        channel.prepare(at, article, progress)
        channel.prepare(at, article, progress)
        assert open_platform.paths() == [IMAGE] * 12
        assert parts_of(open_platform.sent[0]) == ([b"image"], cover.path.read_bytes())
        accepted = channel.send(at, article, progress)
        assert accepted == Accepted(ITEM)
        order = open_platform.sent[-1]
        assert order.path == CREATE_IMAGES
        assert order.json["image_list"] == [f"tos-{n}" for n in range(12)]
        assert order.json["private_status"] == 0

    def test_each_id_is_kept_before_the_next_call(self, channel, line, story, picture, photo, kept, wire):
        wire.on(IMAGE, data(image={"image_id": "tos-0"}), (502, b""))
        progress = kept()
        article = story(pictures=(picture(), picture(photo((30, 30)), role="body")))
        with pytest.raises(TryLater):
            channel.prepare(line("douyin"), article, progress)
        assert list(progress.get("images").values()) == ["tos-0"]


class TestSend:
    def test_one_call_public_and_with_the_kept_text(self, channel, ready, open_platform):
        at, article, progress = ready
        progress.save(text="原来的文字")
        assert channel.send(at, article, progress) == Accepted(ITEM, live=False)
        (sent,) = open_platform.sent
        assert (sent.path, sent.method) == (CREATE, "POST")
        assert sent.json == {"video_id": "v0200f01", "text": "原来的文字", "private_status": 0}
        assert "act." not in json.dumps(sent.query)

    @pytest.mark.parametrize("where", ["data", "extra", "both"])
    @pytest.mark.parametrize(
        ("code", "error"),
        [
            (28001007, Refused),
            (28001052, Refused),
            (28001056, Refused),
            (2100005, Refused),
            (31337, Refused),
            (28001003, CredentialRefused),
            ("28001008", CredentialRefused),
            (28001012, CredentialRefused),
            (28001018, CredentialRefused),
            (2100009, CredentialRefused),
            (28003017, TryLater),
            (2190001, TryLater),
            (28003018, TryLater),
            (10020, TryLater),
            (28001005, OutcomeUnknown),
            (28001006, OutcomeUnknown),
            (2100004, OutcomeUnknown),
            ("nonsense", OutcomeUnknown),
        ],
    )
    def test_error_codes(self, channel, ready, wire, code, error, where):
        wire.on(CREATE, refusal(code, where))
        at, article, progress = ready
        with pytest.raises(Refused if issubclass(error, Refused) else error) as caught:
            channel.send(at, article, progress)
        assert isinstance(caught.value, CredentialRefused) == (error is CredentialRefused)
        assert len(wire.sent) == 1

    @pytest.mark.parametrize(
        "answer", [b"<html>", [], {}, {"data": None}, data(), data(item_id=None), (502, b""), (404, b"")]
    )
    def test_answers_that_say_nothing(self, channel, ready, wire, answer):
        wire.on(CREATE, answer)
        with pytest.raises(OutcomeUnknown):
            channel.send(*ready)

    def test_a_busy_quota_says_when(self, channel, ready, wire):
        wire.on(CREATE, refusal(28003017))
        with pytest.raises(TryLater) as caught:
            channel.send(*ready)
        assert caught.value.retry_after == timedelta(hours=1)

    def test_our_own_quota_is_asked_first(self, channel, ready, wire):
        class Meter:
            def take(self, account, quota, now):
                raise QuotaGone("用完", now=now, resets_at=now)

        at, article, progress = ready
        quotas = {quota.name: quota for quota in channel.capabilities.quotas}
        with pytest.raises(QuotaGone):
            channel.send(replace(at, quotas=quotas, meter=Meter()), article, progress)
        assert wire.sent == []
        assert progress.get("unclear") is None
        assert not any(quota.verified for quota in quotas.values())

    def test_a_refused_upload_after_a_lost_answer_may_have_been_used(self, channel, ready, wire, open_platform):
        at, article, progress = ready
        wire.on(CREATE, (502, b""), refusal(28001007), refusal(28001007), data(item_id=ITEM))
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                channel.send(at, article, progress)
            assert progress.get("video_id") == "v0200f01"
        # It was looked for twice by now, and is not there.
        with pytest.raises(TryLater, match="重新上传"):
            channel.send(at, article, progress)
        channel.prepare(at, article, progress)
        assert wire.paths()[-1] == UPLOAD
        assert channel.send(at, article, progress) == Accepted(ITEM)

    def test_an_upload_that_douyin_does_not_know_is_made_anew_once(self, channel, ready, wire):
        at, article, progress = ready
        wire.on(CREATE, refusal(2190007))
        with pytest.raises(TryLater):
            channel.send(at, article, progress)
        channel.prepare(at, article, progress)
        with pytest.raises(Refused):
            channel.send(at, article, progress)

    def test_nothing_secret_in_a_message(self, channel, ready, wire):
        wire.on(CREATE, refusal(28001007, description="bad act.douyin-token-0001\n\u202e"))
        with pytest.raises(Refused) as caught:
            channel.send(*ready)
        assert "act.douyin" not in str(caught.value)
        assert "logid 202606061200000101" in str(caught.value)


class TestTokens:
    FIELDS: ClassVar = {"refresh_token": "rft.douyin-0001"}

    def test_an_expired_token_is_renewed_once_and_the_call_made_again(self, channel, line, film, kept, open_platform):
        at, article, progress = line("douyin", **self.FIELDS), film(), kept()
        channel.prepare(at, article, progress)
        open_platform.on(CREATE, refusal(28001008), data(item_id=ITEM))
        open_platform.on(REFRESH, data(access_token="act.fresh-token-0002", refresh_token="rft.fresh-0002"))
        assert channel.send(at, article, progress) == Accepted(ITEM)
        assert open_platform.paths() == [UPLOAD, CREATE, REFRESH, CREATE]
        form = open_platform.sent[2].body.decode()
        assert form == "client_key=awx1234567890abc&grant_type=refresh_token&refresh_token=rft.douyin-0001"
        assert open_platform.sent[3].headers["access-token"] == "act.fresh-token-0002"
        assert "fresh" not in at.client.clean("act.fresh-token-0002 rft.fresh-0002")
        assert "fresh" not in json.dumps(progress.values)

    def test_a_token_that_is_refused_again_needs_a_person(self, channel, line, wire):
        wire.on(DATA, refusal(28001008)).on(REFRESH, data(access_token="act.fresh-token-0002"))
        with pytest.raises(CredentialRefused):
            channel.confirm(line("douyin", **self.FIELDS), posted())
        assert wire.paths() == [DATA, REFRESH, DATA]

    @pytest.mark.parametrize("answer", [(502, b""), b"<html>", refusal(2100004), data(access_token="")])
    def test_a_renewal_without_an_answer_may_be_tried_again(self, channel, ready, wire, line, answer):
        _, article, progress = ready
        wire.on(CREATE, refusal(28001003)).on(REFRESH, answer)
        with pytest.raises(TryLater):
            channel.send(line("douyin", **self.FIELDS), article, progress)
        assert wire.paths() == [CREATE, REFRESH]
        assert progress.get("unclear") is None

    @pytest.mark.parametrize("code", [10008, 10010, 10002, 10003])
    def test_a_refused_renewal_needs_a_person(self, channel, line, wire, code):
        wire.on(DATA, refusal(28001008)).on(REFRESH, {"data": {"error_code": code}, "message": "error"})
        with pytest.raises(CredentialRefused, match="重新授权"):
            channel.confirm(line("douyin", **self.FIELDS), posted())

    def test_without_a_client_key_nothing_can_be_renewed(self, channel, line, wire):
        wire.on(DATA, refusal(28001008))
        with pytest.raises(CredentialRefused, match="client_key"):
            channel.confirm(line("douyin", client_key="", **self.FIELDS), posted())


class TestConfirm:
    @pytest.mark.parametrize("status", [1, 5, "5"])
    def test_live(self, channel, line, wire, status):
        wire.on(DATA, data(list=[row(status=status)]))
        answer = channel.confirm(line("douyin"), posted())
        assert answer == Accepted(ITEM, "https://www.iesdouyin.com/share/video/7512000000000000001/", live=True)
        assert wire.sent[0].json == {"item_ids": [ITEM]}

    @pytest.mark.parametrize("status", [4, 7, None, "x", []])
    def test_not_yet(self, channel, line, wire, status):
        wire.on(DATA, data(list=[row(status=status)]))
        assert isinstance(channel.confirm(line("douyin"), posted()), Pending)

    def test_refused(self, channel, line, wire):
        wire.on(DATA, data(list=[row(status=2)]))
        answer = channel.confirm(line("douyin"), posted())
        assert isinstance(answer, Rejected)
        assert "审核不通过" in answer.why

    def test_one_that_is_not_there(self, channel, line, wire):
        wire.on(DATA, data(list=None))
        assert isinstance(channel.confirm(line("douyin"), posted()), Pending)
        old = posted(accepted_at=NOW - timedelta(hours=2))
        assert isinstance(channel.confirm(line("douyin"), old), Rejected)

    def test_one_call_tells_of_many(self, channel, line, wire):
        posts = [posted(external_id=f"item-{number}") for number in range(45)]
        assert [len(batch) for batch in channel.batches(posts)] == [20, 20, 5]
        wire.on(DATA, data(list=[{**row(status=1), "item_id": "item-43"}, {**row(status=2), "item_id": "item-40"}]))
        answers = channel.confirm_together(line("douyin"), channel.batches(posts)[2])
        assert [type(answer) for answer in answers] == [Rejected, Pending, Pending, Accepted, Pending]
        assert wire.sent[0].json == {"item_ids": [f"item-{number}" for number in range(40, 45)]}

    def test_an_unreadable_list(self, channel, line, wire):
        wire.on(DATA, data(list={"a": 1}))
        with pytest.raises(TryLater):
            channel.confirm(line("douyin"), posted())


class TestFind:
    @pytest.fixture
    def find(self, channel, line):
        def do(**progress):
            values = {"text": "东城队二比一战胜南城队\n全场观众超过三万人。", "video_id": "v0200f01", **progress}
            return channel.find(line("douyin"), "rm0", NOW, values)

        return do

    def test_the_same_words_after_the_send(self, wire, find):
        wire.on(LIST, listed(row("别的"), row(status=4)))
        assert find() == Accepted(ITEM, None, live=False)
        assert wire.sent[0].query["cursor"] == "0"

    def test_one_that_is_live_comes_with_its_address(self, wire, find):
        wire.on(LIST, listed(row()))
        assert find().url.startswith("https://")

    def test_a_known_video_id_is_certain(self, wire, find):
        wire.on(LIST, listed(row("全不一样", video_id="v0200f01", at=NOW - timedelta(days=9))))
        assert isinstance(find(), Accepted)

    def test_the_same_words_of_last_week_are_another_post(self, wire, find):
        wire.on(LIST, listed(row(at=NOW - timedelta(days=7))))
        assert isinstance(find(), Absent)

    @pytest.mark.parametrize("text", ["", "东城队二比一战胜南城队", "东城队二比一战胜南城队 全场观众超过三万人"])
    def test_similar_words_are_left_to_a_person(self, wire, find, text):
        wire.on(LIST, listed(row(text)))
        assert "人工" in find().why

    def test_the_same_words_without_a_time_are_left_to_a_person(self, wire, find):
        wire.on(LIST, listed(row(create_time=None)))
        assert isinstance(find(), Pending)

    def test_pages_are_read_back_to_the_send(self, wire, find):
        wire.on(
            LIST,
            listed(row("一", is_top=True, at=NOW - timedelta(days=99)), row("二"), more=True, cursor=20),
            listed(row("三"), more=True, cursor=40),
            listed(row("四", at=NOW - timedelta(hours=1)), more=True, cursor=60),
        )
        assert isinstance(find(), Absent)
        assert [request.query["cursor"] for request in wire.sent] == ["0", "20", "40"]

    def test_a_list_that_never_ends_proves_nothing(self, wire, find):
        cursors = iter(range(1, 100))
        wire.on(LIST, lambda _: listed(row("别的"), more=True, cursor=next(cursors)))
        assert isinstance(find(), Pending)
        assert len(wire.sent) == 10

    @pytest.mark.parametrize(
        "answer",
        [b"x", data(), data(list=[]), data(list="x", has_more=False), listed(more=True, cursor=0), (500, b"")],
    )
    def test_an_unreadable_page_proves_nothing(self, wire, find, answer):
        wire.on(LIST, answer)
        with pytest.raises(TryLater):
            find()

    def test_rows_of_any_shape_do_no_harm(self, wire, find):
        wire.on(LIST, listed(None, "x", {"title": ["a"], "create_time": "soon"}, row("别的")))
        assert isinstance(find(), Pending)

    def test_an_empty_account(self, wire, find):
        wire.on(LIST, data(list=None, has_more=False, cursor=0))
        assert isinstance(find(), Absent)


class TestRecall:
    def test_deleted(self, channel, line, wire):
        wire.on(DELETE, data())
        answer = channel.recall(line("douyin"), posted())
        assert answer == TakenDown("deleted", "0 logid 202606061200000101")
        assert wire.sent[0].json == {"item_id": ITEM}

    def test_one_that_is_gone_already(self, channel, line, wire):
        wire.on(DELETE, refusal(2100005)).on(DATA, data(list=[]))
        assert channel.recall(line("douyin"), posted()).how == "deleted"

    def test_an_interface_that_is_offline_needs_a_person(self, channel, line, wire):
        wire.on(DELETE, refusal(28001056)).on(DATA, data(list=[row()]))
        with pytest.raises(Refused, match="抖音 App"):
            channel.recall(line("douyin"), posted())

    @pytest.mark.parametrize("answer", [b"", (502, b""), refusal(2100004)])
    def test_without_an_answer_nobody_knows(self, channel, line, wire, answer):
        wire.on(DELETE, answer)
        with pytest.raises(OutcomeUnknown):
            channel.recall(line("douyin"), posted())

    @pytest.mark.parametrize(
        ("rows", "gone"), [([], True), ([row()], False), ([row(status=2)], True), ([row(status=7)], None)]
    )
    def test_is_gone(self, channel, line, wire, rows, gone):
        wire.on(DATA, data(list=rows))
        assert channel.is_gone(line("douyin"), posted()) is gone


class TestNumbers:
    def test_batches_and_posts_that_are_not_public(self, channel, line, wire):
        def answer(request):
            rows = [row(item_id=name, status=4 if name == "i7" else 1) for name in request.json["item_ids"]]
            return data(list=[*rows[1:], {"item_id": "other", "statistics": {}}])

        wire.on(DATA, answer)
        found = channel.read_numbers(line("douyin"), [posted(external_id=f"i{n}") for n in range(45)])
        assert [len(request.json["item_ids"]) for request in wire.sent] == [20, 20, 5]
        assert set(found) == {f"i{n}" for n in range(45)} - {"i0", "i20", "i40", "i7"}
        numbers = found["i1"]
        assert (numbers.reads, numbers.likes, numbers.comments, numbers.shares) == (9, 4, 3, 2)
        assert numbers.raw["forward_count"] == 1

    @pytest.mark.parametrize("value", [None, "x", -1, [], True])
    def test_a_figure_that_is_none_is_not_zero(self, channel, line, wire, value):
        wire.on(DATA, data(list=[row(statistics={"play_count": value, "digg_count": "7"})]))
        numbers = channel.read_numbers(line("douyin"), [posted()])[ITEM]
        assert (numbers.reads, numbers.likes, numbers.comments) == (None, 7, None)


class TestWebhooks:
    SECRET = "douyin-client-secret"

    def test_the_signature(self):
        body = b'{"event":"create_video"}'
        good = hashlib.sha1(self.SECRET.encode() + body).hexdigest()
        assert verify_webhook(body, good, self.SECRET)
        assert verify_webhook(body, f" {good.upper()} ", self.SECRET)
        assert not verify_webhook(body + b" ", good, self.SECRET)
        assert not verify_webhook(body, good, "another")
        assert not verify_webhook(body, "", self.SECRET)
        assert not verify_webhook(body, "签名", self.SECRET)
        assert not verify_webhook(body, hashlib.sha1(body).hexdigest(), "")

    def test_events(self):
        content = {"share_id": "s", "item_id": ITEM, "video_id": "75", "has_default_hashtag": False}
        event = {"event": "create_video", "client_key": "aw", "from_user_id": "open", "content": content}
        assert read_webhook(json.dumps(event).encode()) == VideoCreated("open", ITEM, "75", "s")
        event["content"] = json.dumps(content)
        assert read_webhook(json.dumps(event).encode()) == VideoCreated("open", ITEM, "75", "s")
        assert read_webhook(b'{"event":"verify_webhook","content":{"challenge":12345}}') == Challenge(12345)
        assert read_webhook(b'{"event":"authorize","content":{}}') is None
        assert read_webhook(b'{"event":["x"]}') is None

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b"[" * 100_000,
            b'{"event":"verify_webhook"}',
            b'{"event":"create_video","content":{"item_id":"1"}}',
            b'{"event":"create_video","from_user_id":"1","content":"x"}',
        ],
    )
    def test_what_is_no_event(self, body):
        with pytest.raises(BadInput):
            read_webhook(body)
