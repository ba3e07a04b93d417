"""Kuaishou: the second host, fragments that go on where they stopped, the one call, and finding a film again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from PIL import Image

from rongmei.channels import AI_LABEL, Absent, Accepted, Pending, Posted, Rejected, TakenDown
from rongmei.channels.platforms.kuaishou import KuaishouChannel
from rongmei.channels.platforms.kuaishou.uploads import Sizes, addresses_of
from rongmei.errors import CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
START, PUBLISH = "/openapi/photo/start_upload", "/openapi/photo/publish"
INFO, LIST, DELETE = "/openapi/photo/info", "/openapi/photo/list", "/openapi/photo/delete"
UP, FRAGMENT, RESUME, COMPLETE = "/api/upload", "/api/upload/fragment", "/api/upload/resume", "/api/upload/complete"
REFRESH = "/oauth2/refresh_token"
PHOTO = "3xk8e2wqw5tnkm2"
TEXT = "东城队二比一战胜南城队\n全场观众超过三万人。"
TOKEN = "upload-token-0001"
OK = {"result": 1}


def refusal(code, message="不行"):
    return {"result": code, "error": "some_error", "error_msg": message}


def started(endpoint="upload.kuaishouzt.example"):
    return {**OK, "upload_token": TOKEN, "endpoint": endpoint}


def film_row(caption=TEXT, *, at=NOW, photo_id=PHOTO, pending=False, **more):
    return {
        "photo_id": photo_id,
        "caption": caption,
        "cover": "https://c.example/1.jpg",
        "play_url": "" if pending else f"https://v.example/{photo_id}.mp4",
        "create_time": int(at.timestamp() * 1000),
        "like_count": 4,
        "comment_count": 3,
        "view_count": 9,
        "pending": pending,
        **more,
    }


def listed(*rows):
    return {**OK, "video_list": list(rows)}


def posted(**changes):
    values = {"url": None, "title": "题", "fingerprint": "rm0", "accepted_at": NOW, "published_at": NOW, "progress": {}}
    return Posted(**{"external_id": PHOTO, **values, **changes})


class Names:
    """A resolver that knows a few names."""

    def __init__(self) -> None:
        self.known = {"upload.kuaishouzt.example": ["8.8.8.8"]}

    def __call__(self, host):
        if host not in self.known:
            raise OSError("no such host")
        return self.known[host]


@pytest.fixture
def names():
    return Names()


@pytest.fixture
def channel(names):
    return KuaishouChannel(Sizes(whole_bytes=100, fragment_bytes=40), names)


@pytest.fixture
def story_with_film(story, clip):
    def make(**changes):
        return story(**{"videos": (clip(),), **changes})

    return make


@pytest.fixture
def open_platform(wire):
    wire.on(START, started()).on(UP, OK).on(FRAGMENT, OK).on(COMPLETE, OK)
    return wire.on(PUBLISH, {**OK, "video_info": film_row(pending=True)})


@pytest.fixture
def ready(channel, line, story_with_film, kept, open_platform):
    """A film prepared: (line, article, progress), the wire's record emptied."""
    at, article, progress = line("kuaishou"), story_with_film(), kept()
    channel.prepare(at, article, progress)
    open_platform.sent.clear()
    return at, article, progress


class TestBefore:
    def test_what_kuaishou_would_refuse(self, channel, story, clip, line):
        credential = line("kuaishou").credential
        assert channel.validate(story(videos=(clip(),)), credential) == ()
        assert "没有视频" in channel.validate(story(), credential)[0]
        assert (
            len(channel.validate(story(title="", videos=(clip(mime="video/webm", seconds=1801.0),)), credential)) == 3
        )
        assert channel.capabilities.needs == {"video"}

    def test_the_caption_has_four_topics(self, channel, story, line):
        article = story(tags=("一", "二", "三", "四", "五"), ai_generated=True)
        post = channel.render(article, line("kuaishou").credential, {})
        assert post.body == f"{TEXT}\n（{AI_LABEL}）\n#一 #二 #三 #四"
        assert post.measures[0].limit == 1000


class TestUploadHost:
    def test_a_small_film_goes_there_as_it_is(self, channel, line, story_with_film, kept, open_platform):
        at, article, progress = line("kuaishou"), story_with_film(), kept()
        channel.prepare(at, article, progress)
        channel.prepare(at, article, progress)
        start, upload = open_platform.sent
        assert (start.method, start.path) == ("POST", START)
        assert start.query == {"app_id": "ks669628970404537790", "access_token": "kuaishou-token-0001"}
        assert (upload.method, upload.path, upload.query) == ("POST", UP, {"upload_token": TOKEN})
        assert upload.body == article.videos[0].path.read_bytes()
        assert upload.headers["Content-Type"] == "video/mp4"
        assert progress.get("upload_token") == TOKEN

    @pytest.fixture
    def addresses(self, line, monkeypatch):
        """Where the calls went."""
        seen = []
        at = line("kuaishou")
        send = at.client.session.send
        monkeypatch.setattr(at.client.session, "send", lambda r, **o: seen.append(r.url) or send(r, **o))
        return at, seen

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_over_http_unless_the_connection_says_otherwise(
        self, channel, story_with_film, kept, open_platform, addresses, scheme
    ):
        at, seen = addresses
        credential = replace(at.credential, fields={**at.credential.fields, "upload_scheme": scheme})
        channel.prepare(replace(at, credential=credential), story_with_film(), kept())
        assert urlsplit(seen[1]).scheme == scheme
        assert urlsplit(seen[1]).netloc == "upload.kuaishouzt.example"
        assert "kuaishou-token" not in seen[1]

    def test_another_scheme_is_no_choice(self, channel, line, story_with_film, kept, open_platform):
        with pytest.raises(CredentialRefused, match="upload_scheme"):
            channel.prepare(line("kuaishou", upload_scheme="file"), story_with_film(), kept())

    @pytest.mark.parametrize(
        "endpoint", ["8.8.8.8", "upload.kuaishouzt.example:8080", "upload.kuaishouzt.example/gate/v1/"]
    )
    def test_bare_hosts_with_port_or_path_will_do(
        self, channel, names, story_with_film, kept, open_platform, addresses, endpoint
    ):
        names.known["8.8.8.8"] = ["8.8.8.8"]
        open_platform.on(START, started(endpoint)).on("/gate/v1/api/upload", OK)
        at, seen = addresses
        channel.prepare(at, story_with_film(), kept())
        assert seen[1].startswith(f"http://{endpoint.rstrip('/')}/api/upload?")

    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://upload.kuaishouzt.example",
            "user:secret@upload.kuaishouzt.example",
            "upload.kuaishouzt.example?x=",
            "upload.kuaishouzt.example#x",
            "upload.kuaishouzt.example/../x",
            "upload.kuaishouzt.example:70000",
            "upload.kuaishouzt.example:",
            "upload.kuaishouzt.example\r\nHost: x",
            "[::1]",
            "//x",
            "x y",
            "快手.example",
            "a" * 300,
        ],
    )
    def test_what_is_no_bare_host_is_refused(self, channel, line, story_with_film, kept, open_platform, endpoint):
        open_platform.on(START, started(endpoint))
        with pytest.raises(Refused, match="不像地址"):
            channel.prepare(line("kuaishou"), story_with_film(), kept())
        assert open_platform.paths() == [START]

    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "172.16.0.1", "100.64.0.1", "0.0.0.0"),
            *("224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "nonsense"),
        ],
    )
    def test_internal_addresses_are_refused(self, channel, names, line, story_with_film, kept, open_platform, address):
        names.known["upload.kuaishouzt.example"] = ["8.8.8.8", address]
        with pytest.raises(Refused, match="内网"):
            channel.prepare(line("kuaishou"), story_with_film(), kept())
        assert open_platform.paths() == [START]

    @pytest.mark.net
    @pytest.mark.parametrize("endpoint", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost"])
    def test_no_way_of_writing_this_machine_gets_through(self, line, story_with_film, kept, open_platform, endpoint):
        open_platform.on(START, started(endpoint))
        with pytest.raises((Refused, TryLater)):
            KuaishouChannel(resolve=addresses_of).prepare(line("kuaishou"), story_with_film(), kept())
        assert open_platform.paths() == [START]

    def test_a_name_nobody_knows_may_be_known_later(self, channel, line, story_with_film, kept, open_platform):
        open_platform.on(START, started("other.example"))
        with pytest.raises(TryLater, match="查不到"):
            channel.prepare(line("kuaishou"), story_with_film(), kept())

    def test_the_connections_own_host_may_be_inside(self, channel, line, story_with_film, kept, open_platform):
        """A sandbox names itself."""
        open_platform.on(START, started("127.0.0.1:8600")).on("/kuaishou" + START, started("127.0.0.1:8600"))
        channel.prepare(line("kuaishou", "http://127.0.0.1:8600/kuaishou"), story_with_film(), kept())
        assert open_platform.paths() == ["/kuaishou" + START, UP]

    @pytest.mark.parametrize(
        "answer", [OK, b"<html>", {**OK, "upload_token": TOKEN}, {}, refusal(100200500), (502, b"")]
    )
    def test_a_start_without_a_readable_answer(self, channel, line, story_with_film, kept, wire, answer):
        wire.on(START, answer)
        with pytest.raises(TryLater):
            channel.prepare(line("kuaishou"), story_with_film(), kept())

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (b"", TryLater),
            ((502, b""), TryLater),
            (refusal(100200108), TryLater),
            (refusal(100100400), Refused),
            (refusal(100200102), Refused),
        ],
    )
    def test_the_hosts_codes_are_about_the_upload(
        self, channel, line, story_with_film, kept, open_platform, answer, error
    ):
        open_platform.on(UP, answer)
        with pytest.raises(error) as caught:
            channel.prepare(line("kuaishou"), story_with_film(), kept())
        assert not isinstance(caught.value, CredentialRefused)
        assert TOKEN not in str(caught.value)

    def test_an_upload_of_yesterday_is_made_anew(self, channel, ready, open_platform):
        at, article, progress = ready
        late = replace(at, clock=lambda: NOW + timedelta(hours=13))
        channel.prepare(late, article, progress)
        assert open_platform.paths() == [START, UP]
        progress.save(unclear=True, uploaded_at=(NOW - timedelta(days=2)).isoformat())
        channel.prepare(late, article, progress)
        assert open_platform.paths() == [START, UP]


class TestFragments:
    CONTENT = bytes(range(100))

    @pytest.fixture
    def long(self, story_with_film, clip):
        return story_with_film(videos=(clip(self.CONTENT),))

    def test_fragments_are_the_film(self, channel, line, long, kept, open_platform):
        progress = kept()
        channel.prepare(line("kuaishou"), long, progress)
        assert open_platform.paths() == [START, FRAGMENT, FRAGMENT, FRAGMENT, COMPLETE]
        sent = [request for request in open_platform.sent if request.path == FRAGMENT]
        assert [request.query for request in sent] == [{"upload_token": TOKEN, "fragment_id": str(n)} for n in range(3)]
        assert b"".join(request.body for request in sent) == self.CONTENT
        assert open_platform.sent[-1].query == {"upload_token": TOKEN, "fragment_count": "3"}
        assert progress.get("upload_token") == TOKEN
        assert progress.get("fragments") is None

    @pytest.fixture
    def interrupted(self, channel, line, long, kept, open_platform):
        """Fragment 0 has arrived; the record is emptied."""
        progress = kept()
        open_platform.on(FRAGMENT, OK, (502, b""))
        with pytest.raises(TryLater):
            channel.prepare(line("kuaishou"), long, progress)
        open_platform.on(FRAGMENT, OK)
        open_platform.sent.clear()
        return progress

    @pytest.mark.parametrize(
        ("resume", "wanted"),
        [
            ({"fragment_list": [{"id": 0, "size": 40}, {"id": 2, "size": 20}]}, ["1"]),
            ({"fragment_list": [{"id": 0, "size": 40}, {"id": 1, "size": 12}]}, ["1", "2"]),
            ({"fragment_list": [0, 1], "existed": True}, ["2"]),
            ({"fragment_list": [], "fragment_index": 1}, ["0", "1", "2"]),
            ({"fragment_list": [None, "x", -1, 9, {}]}, ["0", "1", "2"]),
            ({"fragment_index": 1}, ["2"]),
            ({"fragment_index": -1}, ["0", "1", "2"]),
            ({}, ["1", "2"]),
        ],
    )
    def test_it_goes_on_after_what_has_arrived(self, channel, line, long, open_platform, interrupted, resume, wanted):
        open_platform.on(RESUME, {**OK, **resume})
        channel.prepare(line("kuaishou"), long, interrupted)
        assert open_platform.paths()[0] == RESUME
        assert open_platform.paths()[-1] == COMPLETE
        assert [r.query["fragment_id"] for r in open_platform.sent if r.path == FRAGMENT] == wanted
        assert interrupted.get("upload_token") == TOKEN

    def test_an_upload_that_is_forgotten_begins_anew(self, channel, line, long, open_platform, interrupted):
        open_platform.on(RESUME, refusal(100200102))
        with pytest.raises(TryLater, match="从头"):
            channel.prepare(line("kuaishou"), long, interrupted)
        channel.prepare(line("kuaishou"), long, interrupted)
        assert open_platform.paths()[1] == START

    @pytest.mark.parametrize("path", [FRAGMENT, COMPLETE])
    def test_an_upload_that_expires_under_way_begins_anew(self, channel, line, long, kept, open_platform, path):
        progress = kept()
        open_platform.on(path, refusal(100200108), OK)
        with pytest.raises(TryLater, match="从头"):
            channel.prepare(line("kuaishou"), long, progress)
        assert progress.get("fragments") is None
        channel.prepare(line("kuaishou"), long, progress)
        assert open_platform.paths().count(START) == 2
        assert progress.get("upload_token") == TOKEN

    def test_a_refusal_of_a_new_upload_is_for_the_film(self, channel, line, long, kept, open_platform):
        open_platform.on(COMPLETE, refusal(100100400))
        with pytest.raises(Refused):
            channel.prepare(line("kuaishou"), long, kept())

    def test_an_old_or_differently_cut_upload_is_not_used(self, channel, names, line, long, open_platform, interrupted):
        other = KuaishouChannel(Sizes(whole_bytes=100, fragment_bytes=41), names)
        other.prepare(line("kuaishou"), long, interrupted)
        assert open_platform.paths()[0] == START

    def test_the_kept_endpoint_is_checked_again(self, channel, names, line, long, open_platform, interrupted):
        names.known["upload.kuaishouzt.example"] = ["10.0.0.1"]
        with pytest.raises(Refused, match="内网"):
            channel.prepare(line("kuaishou"), long, interrupted)
        assert open_platform.sent == []


class TestSend:
    def test_one_call_with_caption_and_cover(self, channel, ready, open_platform):
        at, article, progress = ready
        assert channel.send(at, article, progress) == Accepted(PHOTO, live=False)
        (sent,) = open_platform.sent
        assert (sent.path, sent.query["upload_token"]) == (PUBLISH, TOKEN)
        assert f'name="caption"\r\n\r\n{TEXT}\r\n'.encode() in sent.body
        cover = sent.body.split(b'name="cover"')[1].split(b"\r\n\r\n", 1)[1]
        with Image.open(BytesIO(cover)) as image:
            assert (image.format, image.size) == ("JPEG", (1280, 720))

    def test_a_tall_film_has_a_tall_plain_cover(self, channel, ready, clip, open_platform):
        at, article, progress = ready
        channel.send(at, replace(article, videos=(clip(width=1080, height=1920),)), progress)
        cover = open_platform.sent[0].body.split(b'name="cover"')[1].split(b"\r\n\r\n", 1)[1]
        with Image.open(BytesIO(cover)) as image:
            assert image.size == (720, 1280)

    def test_the_storys_cover_goes_with_the_film(self, channel, ready, picture, photo, open_platform):
        at, article, progress = ready
        channel.send(at, replace(article, pictures=(picture(photo(kind="PNG")),)), progress)
        assert b"image/jpeg" in open_platform.sent[0].body

    def test_one_that_needs_no_work_is_live_at_once(self, channel, ready, wire):
        wire.on(PUBLISH, {**OK, "video_info": film_row()})
        assert channel.send(*ready) == Accepted(PHOTO, f"https://v.example/{PHOTO}.mp4", live=True)

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            (100200100, Refused),
            (120003, Refused),
            (100120003, Refused),
            (100100400, Refused),
            (31337, Refused),
            (100200101, CredentialRefused),
            (100200102, CredentialRefused),
            (100200106, CredentialRefused),
            ("100200108", CredentialRefused),
            (100200112, CredentialRefused),
            (100100402, TryLater),
            (100200500, OutcomeUnknown),
        ],
    )
    def test_error_codes(self, channel, ready, wire, code, error):
        wire.on(PUBLISH, refusal(code))
        with pytest.raises(Refused if issubclass(error, Refused) else error) as caught:
            channel.send(*ready)
        assert isinstance(caught.value, CredentialRefused) == (error is CredentialRefused)
        assert len(wire.sent) == 1

    @pytest.mark.parametrize(
        "answer", [b"<html>", [], {}, OK, {**OK, "video_info": {}}, {"result": "x"}, (502, b""), (404, b"")]
    )
    def test_answers_that_say_nothing(self, channel, ready, wire, answer):
        wire.on(PUBLISH, answer)
        with pytest.raises(OutcomeUnknown):
            channel.send(*ready)

    @pytest.mark.parametrize("code", [120002, 100120002])
    def test_a_refused_upload_after_a_lost_answer_may_have_been_used(self, channel, ready, wire, code):
        at, article, progress = ready
        wire.on(PUBLISH, (502, b""), refusal(code))
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                channel.send(at, article, progress)
        with pytest.raises(TryLater, match="重新上传"):
            channel.send(at, article, progress)
        assert progress.get("upload_token") is None

    def test_an_upload_that_is_gone_is_made_anew_once(self, channel, ready, wire):
        at, article, progress = ready
        wire.on(PUBLISH, refusal(100120002))
        with pytest.raises(TryLater):
            channel.send(at, article, progress)
        channel.prepare(at, article, progress)
        with pytest.raises(Refused):
            channel.send(at, article, progress)

    def test_our_own_quota_is_asked_first(self, channel, ready, wire):
        class Meter:
            def take(self, account, quota, now):
                raise QuotaGone("用完", now=now, resets_at=now)

        at, article, progress = ready
        quotas = {quota.name: quota for quota in channel.capabilities.quotas}
        with pytest.raises(QuotaGone):
            channel.send(replace(at, quotas=quotas, meter=Meter()), article, progress)
        assert wire.sent == []
        assert not any(quota.verified for quota in quotas.values())

    def test_nothing_secret_in_a_message(self, channel, ready, wire):
        wire.on(PUBLISH, refusal(100100400, f"bad kuaishou-token-0001 {TOKEN}"))
        with pytest.raises(Refused) as caught:
            channel.send(*ready)
        assert "token-0001" not in str(caught.value)


class TestTokens:
    def test_an_expired_token_is_renewed_and_the_call_made_again(
        self, channel, line, story_with_film, kept, open_platform
    ):
        at, article, progress = line("kuaishou", refresh_token="kuaishou-refresh-0001"), story_with_film(), kept()
        channel.prepare(at, article, progress)
        open_platform.on(PUBLISH, refusal(100200108), {**OK, "video_info": film_row(pending=True)})
        open_platform.on(REFRESH, {**OK, "access_token": "fresh-access-0002", "refresh_token": "fresh-refresh-0002"})
        assert channel.send(at, article, progress) == Accepted(PHOTO)
        renewal, second = open_platform.sent[-2:]
        assert (renewal.method, renewal.path) == ("GET", REFRESH)
        assert renewal.query == {
            "app_id": "ks669628970404537790",
            "app_secret": "kuaishou-secret-0001",
            "refresh_token": "kuaishou-refresh-0001",
            "grant_type": "refresh_token",
        }
        assert second.query["access_token"] == "fresh-access-0002"
        assert "fresh" not in at.client.clean("fresh-access-0002 fresh-refresh-0002")
        assert "fresh" not in json.dumps(progress.values)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (refusal(100200113), CredentialRefused),
            (refusal(100200101), CredentialRefused),
            (refusal(100200500), TryLater),
            (OK, TryLater),
            (b"", TryLater),
        ],
    )
    def test_a_renewal_that_fails(self, channel, line, wire, answer, error):
        wire.on(INFO, refusal(100200108)).on(REFRESH, answer)
        with pytest.raises(error):
            channel.confirm(line("kuaishou", refresh_token="kuaishou-refresh-0001"), posted())

    def test_a_refused_token_is_not_renewed_again_and_again(self, channel, line, wire):
        wire.on(INFO, refusal(100200102))
        with pytest.raises(CredentialRefused):
            channel.confirm(line("kuaishou", refresh_token="kuaishou-refresh-0001"), posted())
        assert wire.paths() == [INFO]


class TestConfirm:
    def test_live(self, channel, line, wire):
        wire.on(INFO, {**OK, "video_info": film_row()})
        answer = channel.confirm(line("kuaishou"), posted())
        assert answer == Accepted(PHOTO, f"https://v.example/{PHOTO}.mp4", live=True)
        assert wire.sent[0].query["photo_id"] == PHOTO

    @pytest.mark.parametrize("info", [film_row(pending=True), film_row(pending=None), {}, None, "x"])
    def test_not_yet(self, channel, line, wire, info):
        wire.on(INFO, {**OK, "video_info": info})
        assert isinstance(channel.confirm(line("kuaishou"), posted()), Pending)

    @pytest.mark.parametrize("code", [120003, 100120003])
    def test_refused_by_the_review(self, channel, line, wire, code):
        wire.on(INFO, refusal(code, "视频发布失败"))
        answer = channel.confirm(line("kuaishou"), posted())
        assert isinstance(answer, Rejected)
        assert "视频发布失败" in answer.why

    @pytest.mark.parametrize("code", [120001, 100120001])
    def test_one_that_is_not_there_yet_or_any_more(self, channel, line, wire, code):
        wire.on(INFO, refusal(code))
        assert isinstance(channel.confirm(line("kuaishou"), posted()), Pending)
        old = posted(accepted_at=NOW - timedelta(hours=2))
        assert isinstance(channel.confirm(line("kuaishou"), old), Rejected)

    def test_errors_are_errors(self, channel, line, wire):
        wire.on(INFO, refusal(100200500))
        with pytest.raises(TryLater):
            channel.confirm(line("kuaishou"), posted())


class TestFind:
    @pytest.fixture
    def find(self, channel, line):
        return lambda **more: channel.find(line("kuaishou"), "rm0", NOW, {"text": TEXT, **more})

    def test_the_same_words_after_the_send(self, wire, find):
        wire.on(LIST, listed(film_row("别的"), film_row(pending=True)))
        assert find() == Accepted(PHOTO, None, live=False)
        assert "cursor" not in wire.sent[0].query

    @pytest.mark.parametrize("made", [int(NOW.timestamp()), str(int(NOW.timestamp() * 1000))])
    def test_times_in_seconds_or_milliseconds(self, wire, find, made):
        wire.on(LIST, listed(film_row(create_time=made)))
        assert isinstance(find(), Accepted)

    def test_the_same_words_of_last_week_are_another_film(self, wire, find):
        wire.on(LIST, listed(film_row(at=NOW - timedelta(days=7))))
        assert isinstance(find(), Absent)

    @pytest.mark.parametrize("change", [{"caption": ""}, {"caption": TEXT[:11]}, {"create_time": None}])
    def test_similar_ones_are_left_to_a_person(self, wire, find, change):
        wire.on(LIST, listed(film_row(**change)), listed())
        assert "人工" in find().why

    def test_pages_are_read_back_to_the_send(self, wire, find):
        wire.on(
            LIST,
            listed(film_row("一", photo_id="a"), film_row("二", photo_id="b", at=NOW - timedelta(seconds=9))),
            listed(film_row("三", photo_id="c", at=NOW - timedelta(minutes=1))),
            listed(film_row("四", photo_id="d", at=NOW - timedelta(hours=1))),
        )
        assert isinstance(find(), Absent)
        assert [request.query.get("cursor") for request in wire.sent] == [None, "b", "c"]

    def test_an_empty_page_is_the_end(self, wire, find):
        wire.on(LIST, listed(film_row("别的")), {**OK, "video_list": None})
        assert isinstance(find(), Absent)

    def test_the_same_page_again_and_again_proves_nothing(self, wire, find):
        wire.on(LIST, listed(film_row("别的")))
        assert isinstance(find(), Pending)
        assert len(wire.sent) == 2

    def test_a_list_that_never_ends_proves_nothing(self, wire, find):
        numbers = iter(range(100))
        wire.on(LIST, lambda _: listed(film_row("别的", photo_id=f"p{next(numbers)}")))
        assert isinstance(find(), Pending)
        assert len(wire.sent) == 10

    def test_rows_of_any_shape_do_no_harm(self, wire, find):
        wire.on(LIST, listed(None, "x", {"caption": ["a"], "create_time": "soon"}))
        assert isinstance(find(), Pending)

    @pytest.mark.parametrize("answer", [b"x", {"result": 1, "video_list": "x"}, refusal(100200500), (500, b"")])
    def test_an_unreadable_page_proves_nothing(self, wire, find, answer):
        wire.on(LIST, answer)
        with pytest.raises(TryLater):
            find()


class TestRecall:
    @pytest.mark.parametrize("answer", [OK, refusal(120001), refusal(100120001)])
    def test_deleted_or_gone_already(self, channel, line, wire, answer):
        wire.on(DELETE, answer)
        taken = channel.recall(line("kuaishou"), posted())
        assert taken == TakenDown("deleted", taken.said)
        assert taken.said.startswith(str(answer["result"]))
        assert (wire.sent[0].method, wire.sent[0].query["photo_id"]) == ("POST", PHOTO)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (b"", OutcomeUnknown),
            (refusal(100200500), OutcomeUnknown),
            (refusal(100200106), CredentialRefused),
            (refusal(5), Refused),
        ],
    )
    def test_not_deleted(self, channel, line, wire, answer, error):
        wire.on(DELETE, answer)
        with pytest.raises(error):
            channel.recall(line("kuaishou"), posted())

    @pytest.mark.parametrize(
        ("answer", "gone"), [(refusal(100120001), True), ({**OK, "video_info": film_row()}, False)]
    )
    def test_is_gone(self, channel, line, wire, answer, gone):
        wire.on(INFO, answer)
        assert channel.is_gone(line("kuaishou"), posted()) is gone


class TestNumbers:
    def test_one_film_is_asked_for_itself(self, channel, line, wire):
        wire.on(INFO, {**OK, "video_info": film_row(view_count="12", like_count=None)})
        numbers = channel.read_numbers(line("kuaishou"), [posted()])[PHOTO]
        assert (numbers.reads, numbers.likes, numbers.comments, numbers.shares) == (12, None, 3, None)
        assert wire.paths() == [INFO]

    def test_several_come_from_the_list_and_the_rest_one_by_one(self, channel, line, wire):
        rows = [film_row(photo_id="a"), film_row(photo_id="b", pending=True), film_row(photo_id="z")]
        wire.on(LIST, listed(*rows), listed(film_row(photo_id="c", at=NOW - timedelta(days=9))))

        def info(request):
            if request.query["photo_id"] == "d":
                return {**OK, "video_info": film_row(photo_id="d")}
            return refusal(100120001)

        wire.on(INFO, info)
        found = channel.read_numbers(line("kuaishou"), [posted(external_id=name) for name in "abcdx"])
        assert set(found) == {"a", "c", "d"}
        assert wire.paths() == [LIST, LIST, INFO, INFO, INFO]

    def test_nothing_to_read(self, channel, line, wire):
        assert channel.read_numbers(line("kuaishou"), []) == {}
        assert wire.sent == []
