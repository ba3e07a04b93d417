"""Exports: one file to a partner, found again, corrected and taken back."""

import base64
import hashlib
import json
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
import requests
from lxml import etree
from PIL import ExifTags, Image

from rongmei.channels import (
    AI_LABEL,
    Absent,
    Accepted,
    Correcting,
    Credential,
    Pending,
    Recording,
    TakenDown,
    all_channels,
    get_channel,
    open_line,
)
from rongmei.channels.platforms.exports import CHANNELS
from rongmei.channels.platforms.exports.channel import WITHDRAWN
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

from .conftest import NOW

NINJS, NEWSML, RUNDOWN = CHANNELS
NAME = "rongmei-story-17-v1-rm0123456789abcdef01.json"
NOTICE = "rongmei-story-17-v2-rm0123456789abcdef01-canceled.json"
EACH = pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)


def deliver(channel, line, article, progress):
    channel.prepare(line, article, progress)
    return channel.send(line, article, progress)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def body(sent):
    return sent.body if isinstance(sent.body, bytes) else b"".join(sent.body)


class TestWhatTheyAre:
    def test_names_and_kinds(self):
        assert [(channel.name, channel.label) for channel in CHANNELS] == [
            ("ninjs", "通稿 ninjs"),
            ("newsml", "通稿 NewsML-G2"),
            ("rundown", "广播电视串联单"),
        ]
        for channel in CHANNELS:
            assert channel.capabilities.kind == "export"
            assert get_channel(channel.name) is all_channels()[channel.name]
            assert isinstance(channel, Correcting)
            assert channel.read_numbers(None, []) == {}

    def test_a_line_to_a_folder_has_no_client(self, to_folder):
        line = to_folder()
        with pytest.raises(CredentialRefused):
            line.client.call("GET", "/")

    def test_a_line_to_a_site_makes_its_client_once(self):
        line = open_line("daily/weibo", Credential("https://api.example", {}), lambda: NOW)
        assert line.client is line.client
        assert line.client.base_url == "https://api.example"


class TestValidate:
    @EACH
    def test_nothing_against_it(self, channel, wired, to_folder):
        assert channel.validate(wired(), to_folder().credential) == ()

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"title": " \x00"}, "标题"),
            ({"text": ""}, "正文"),
            ({"guid": ""}, "URI"),
            ({"filed_at": None}, "交稿时间"),
            ({"place": ""}, "电头"),
            ({"source": "", "outlet": ""}, "版权"),
            ({"ai_generated": True}, AI_LABEL),
        ],
    )
    def test_what_wire_copy_needs(self, wired, to_folder, changes, word):
        for channel in (NINJS, NEWSML):
            (problem,) = channel.validate(wired(**changes), to_folder().credential)
            assert word in problem

    def test_a_script_needs_neither_dateline_nor_rights(self, wired, to_folder):
        assert RUNDOWN.validate(wired(place="", source="", outlet=""), to_folder().credential) == ()

    def test_labelled_is_well(self, wired, to_folder):
        article = wired(ai_generated=True, html=f"<p>字</p><p>（{AI_LABEL}）</p>")
        assert NINJS.validate(article, to_folder().credential) == ()

    @pytest.mark.parametrize(
        ("fields", "word"),
        [
            ({"package": "rar"}, "package"),
            ({"encoding": "big5"}, "encoding"),
            ({"per_minute": "0"}, "per_minute"),
            ({"per_minute": "fast"}, "per_minute"),
            ({"per_minute": "²"}, "per_minute"),
            ({"media_url": "no uri"}, "URI"),
        ],
    )
    def test_fields_of_a_connection(self, wired, to_folder, fields, word):
        (problem,) = NINJS.validate(wired(), to_folder(**fields).credential)
        assert word in problem

    def test_addresses_of_a_connection(self, wired):
        (problem,) = NINJS.validate(wired(), Credential("ftp://partner.example/in", {}))
        assert "file://" in problem


class TestRender:
    def test_copy_has_its_pictures(self, wired):
        article = wired(html=f'<p>字<img src="rongmei:{"a" * 64}" alt=""></p>', titles={"ninjs": "给通讯社的题"})
        post = NINJS.render(article, Credential("", {}), {"a" * 64: "/media/1"})
        assert (post.title, post.form) == ("给通讯社的题", "html")
        assert 'src="/media/1"' in post.body

    def test_a_script_is_lines(self, wired):
        post = RUNDOWN.render(wired(text="甲赢了。乙输了。", ai_generated=True), Credential("", {}), {})
        assert post.form == "text"
        assert post.body == f"{AI_LABEL}。\n甲赢了。\n乙输了。"


class TestFolder:
    def test_ninjs(self, to_folder, inbox, wired, kept):
        progress = kept()
        accepted = deliver(NINJS, to_folder(), wired(titles={"ninjs": "另题"}), progress)
        assert (accepted.external_id, accepted.live, accepted.url) == (NAME, True, None)
        written = (inbox / NAME).read_bytes()
        made = json.loads(written)
        assert (made["uri"], made["version"], made["pubStatus"]) == ("rongmei:story:17", "1", "usable")
        assert made["headlines"][0]["value"] == "另题"
        assert made["firstCreated"] == made["versionCreated"] == "2026-06-06T12:00:00+08:00"
        receipt = accepted.keep["receipt"]
        assert receipt["address"] == (inbox / NAME).as_uri()
        assert (receipt["size"], receipt["sha256"]) == (len(written), hashlib.sha256(written).hexdigest())
        assert receipt["at"] == "2026-06-06T05:00:00+00:00"
        json.dumps([accepted.keep, progress.values])
        # What is needed to find it stands in the ledger before it leaves.
        assert [sorted(commit) for commit in progress.commits] == [["item"], ["delivery", "item"]]

    def test_newsml(self, to_folder, inbox, wired, kept):
        accepted = deliver(NEWSML, to_folder(usage_terms="仅供内参"), wired(), kept())
        root = etree.parse(inbox / accepted.external_id).getroot()
        assert root.get("guid") == "rongmei:story:17"
        assert "仅供内参" in root.xpath("string(//*[local-name()='usageTerms'])")

    def test_rundown(self, to_folder, inbox, wired, kept):
        fields = {"encoding": "gb18030", "per_minute": "300"}
        accepted = deliver(RUNDOWN, to_folder(**fields), wired(text="𠮷" * 300), kept())
        text = (inbox / accepted.external_id).read_bytes().decode("gb18030")
        assert text.startswith("串联单　东城队二比一战胜南城队\r\n")
        assert "时长：1分00秒" in text
        assert "每分钟 300 字" in text

    def test_media_lie_beside_and_come_first(self, to_folder, inbox, wired, kept, picture, clip):
        photo = picture()
        article = wired(pictures=(photo,), videos=(clip,), html=f'<p><img src="rongmei:{photo.sha256}" alt=""></p>')
        progress, line = kept(), to_folder()
        NINJS.prepare(line, article, progress)
        laid = [f"media/{photo.sha256[:32]}.jpg", f"media/{clip.sha256[:32]}.mp4"]
        assert names(inbox) == sorted(laid)
        NINJS.send(line, article, progress)
        made = json.loads((inbox / NAME).read_bytes())
        rendition = made["associations"][0]["renditions"][0]
        assert rendition["href"] == (inbox / laid[0]).as_uri()
        assert (rendition["width"], rendition["height"], rendition["contentType"]) == (640, 360, "image/jpeg")
        assert made["associations"][1]["renditions"][0]["duration"] == 35.5
        assert (inbox / laid[0]).read_bytes() == photo.path.read_bytes()

    @pytest.mark.parametrize("channel", [NINJS, NEWSML], ids=lambda channel: channel.name)
    @pytest.mark.parametrize("package", ["folder", "zip"])
    def test_the_place_and_the_telephone_stay_in_the_house(
        self, channel, package, to_folder, inbox, wired, kept, picture, snapshot
    ):
        photo = picture(snapshot)
        accepted = deliver(channel, to_folder(package=package), wired(pictures=(photo,)), kept())
        laid = f"media/{photo.sha256[:32]}.jpg"
        if package == "zip":
            with zipfile.ZipFile(inbox / accepted.external_id) as archive:
                document, sent = (
                    archive.read(accepted.external_id.replace("zip", channel._form.ending)),
                    archive.read(laid),
                )
        else:
            document, sent = (inbox / accepted.external_id).read_bytes(), (inbox / laid).read_bytes()
        assert b"SERIAL-4711" in snapshot
        assert b"SERIAL-4711" not in sent
        shown = Image.open(BytesIO(sent))
        assert not shown.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert shown.getexif()[ExifTags.Base.Artist] == "Chen Ce"
        assert shown.tobytes() == Image.open(BytesIO(snapshot)).tobytes()
        # By what the document says of it the receiver can check the file.
        assert hashlib.sha256(sent).hexdigest().encode() in document
        assert str(len(sent)).encode() in document

    def test_where_the_receiver_sees_them(self, to_folder, inbox, wired, kept, picture):
        photo = picture()
        deliver(NINJS, to_folder(media_url="https://cdn.example/m/"), wired(pictures=(photo,)), kept())
        made = json.loads((inbox / NAME).read_bytes())
        href = made["associations"][0]["renditions"][0]["href"]
        assert href == f"https://cdn.example/m/{photo.sha256[:32]}.jpg"

    def test_studios_get_films_but_no_photographs(self, to_folder, inbox, wired, kept, picture, clip):
        deliver(RUNDOWN, to_folder(), wired(pictures=(picture(),), videos=(clip,)), kept())
        assert [name for name in names(inbox) if name.startswith("media")] == [f"media/{clip.sha256[:32]}.mp4"]

    @pytest.mark.parametrize("channel", [NINJS, RUNDOWN])
    def test_a_recording_goes_along_as_it_was_reviewed(self, channel, to_folder, inbox, wired, kept, tmp_path):
        data = b"\xff\xfb\x90\x00" * 100
        sha256 = hashlib.sha256(data).hexdigest()
        (tmp_path / sha256).write_bytes(data)
        sound = Recording(sha256, tmp_path / sha256, "采访.mp3", "audio/mpeg", len(data), 65.0, "队长谈赛后", "李四")
        accepted = deliver(channel, to_folder(), wired(sounds=(sound,)), kept())
        assert (inbox / f"media/{sha256[:32]}.mp3").read_bytes() == data
        document = (inbox / accepted.external_id).read_text("utf-8")
        assert f"media/{sha256[:32]}.mp3" in document
        (tmp_path / sha256).write_bytes(data + b"x")
        with pytest.raises(Refused, match=r"音频“采访\.mp3”的文件已不是审过的那一个"):
            deliver(channel, to_folder(), wired(sounds=(sound,), version=9), kept())

    def test_one_zip_when_the_connection_says_so(self, to_folder, inbox, wired, kept, picture, clip):
        photo = picture()
        article = wired(pictures=(photo,), videos=(clip,))
        accepted = deliver(NINJS, to_folder(package="zip"), article, kept())
        assert accepted.external_id == NAME.replace(".json", ".zip")
        first = (inbox / accepted.external_id).read_bytes()
        with zipfile.ZipFile(BytesIO(first)) as archive:
            made = json.loads(archive.read(NAME))
            files = [alt["value"] for one in made["associations"] for alt in one["altIds"] if alt["role"] == "file"]
            assert archive.namelist() == [NAME, *files]
            assert archive.read(files[1]) == clip.path.read_bytes()
            assert archive.testzip() is None
        assert "href" not in made["associations"][0]["renditions"][0]
        (inbox / accepted.external_id).unlink()
        deliver(NINJS, to_folder(package="zip"), article, kept())
        assert (inbox / accepted.external_id).read_bytes() == first

    @EACH
    def test_the_same_again_is_the_same_file(self, channel, to_folder, inbox, wired, kept):
        first = deliver(channel, to_folder(), wired(), kept())
        stat = (inbox / first.external_id).stat()
        second = deliver(channel, to_folder(), wired(), kept())
        assert first == second
        assert (inbox / first.external_id).stat().st_mtime_ns == stat.st_mtime_ns
        assert len(names(inbox)) == 1

    @pytest.mark.parametrize(
        "hostile", ["../../etc/passwd", "/etc/passwd", "a/../b", "..", "\x00", "稿" * 300, "\ud800"]
    )
    def test_no_name_leads_out(self, to_folder, inbox, tmp_path, wired, kept, hostile):
        before = set(tmp_path.iterdir())
        accepted = deliver(NINJS, to_folder(), wired(fingerprint=hostile), kept())
        assert names(inbox) == [accepted.external_id]
        assert set(tmp_path.iterdir()) == before
        assert len(accepted.external_id) <= 200
        other = deliver(NINJS, to_folder(), wired(fingerprint=hostile + "x"), kept())
        assert other.external_id != accepted.external_id

    def test_media_that_were_not_reviewed_do_not_go(self, to_folder, inbox, wired, kept, picture, clip):
        photo = picture()
        photo.path.write_bytes(b"something else")
        with pytest.raises(Refused, match="审过"):
            NINJS.prepare(to_folder(), wired(pictures=(photo,)), kept())
        photo.path.unlink()
        with pytest.raises(Refused, match="找不到"):
            NINJS.prepare(to_folder(), wired(pictures=(photo,)), kept())
        clip.path.write_bytes(b"other film")
        with pytest.raises(Refused, match="审过"):
            NINJS.prepare(to_folder(), wired(videos=(clip,)), kept())
        assert names(inbox) == []

    def test_what_is_no_picture_does_not_go(self, to_folder, wired, kept, picture):
        with pytest.raises(Refused, match="打不开"):
            NINJS.prepare(to_folder(), wired(pictures=(picture(b"<svg/>"),)), kept())

    def test_a_name_that_is_no_uri_is_refused_not_crashed(self, to_folder, wired, kept):
        with pytest.raises(Refused, match="URI"):
            NINJS.send(to_folder(), wired(guid="稿 17"), kept())
        with pytest.raises(Refused, match="交稿时间"):
            NINJS.send(to_folder(), wired(filed_at=None), kept())


class TestFind:
    def find(self, line, progress):
        return NINJS.find(line, "rm0123456789abcdef01", NOW, progress.values)

    def test_there(self, to_folder, wired, kept):
        progress = kept()
        deliver(NINJS, to_folder(), wired(), progress)
        found = self.find(to_folder(), progress)
        assert isinstance(found, Accepted)
        assert (found.external_id, found.live) == (NAME, True)
        assert found.keep["receipt"]["sha256"] == progress.get("delivery")["sha256"]

    def test_not_there(self, to_folder, inbox, wired, kept):
        progress = kept()
        assert isinstance(self.find(to_folder(), progress), Absent)
        deliver(NINJS, to_folder(), wired(), progress)
        (inbox / NAME).unlink()
        assert isinstance(self.find(to_folder(), progress), Absent)
        # A receiver who takes files away leaves no proof.
        taken = self.find(to_folder(taken_away="yes"), progress)
        assert isinstance(taken, Pending)
        assert "取走" in taken.why

    def test_something_else_is_there(self, to_folder, inbox, wired, kept):
        progress = kept()
        deliver(NINJS, to_folder(), wired(), progress)
        (inbox / NAME).write_bytes(b"half")
        assert isinstance(self.find(to_folder(), progress), Pending)

    def test_confirm(self, to_folder, posted):
        assert NINJS.confirm(to_folder(), posted({}, NAME)) == Accepted(NAME, None, live=True)


class TestCorrect:
    def test_a_new_version_under_the_same_name(self, to_folder, inbox, wired, kept, posted):
        progress = kept()
        first = deliver(NINJS, to_folder(), wired(), progress)
        later = wired(version=3, fingerprint="rmffff", title="改题", filed_at=NOW + timedelta(hours=2))
        out = posted(progress.values, first.external_id)
        accepted = NINJS.correct(to_folder(), out, later, progress)
        assert accepted.external_id == "rongmei-story-17-v3-rmffff.json"
        made = json.loads((inbox / accepted.external_id).read_bytes())
        assert (made["uri"], made["version"]) == ("rongmei:story:17", "3")
        assert made["firstCreated"] == "2026-06-06T12:00:00+08:00"
        assert made["versionCreated"] == "2026-06-06T14:00:00+08:00"
        assert "更正" in made["edNote"]
        assert progress.get("item")["version"] == 3
        assert NINJS.correct(to_folder(), out, later, progress) == accepted
        # What is taken back then is the version that is out now.
        NINJS.recall(to_folder(), posted(progress.values))
        assert "rongmei-story-17-v4-rmffff-canceled.json" in names(inbox)

    def test_what_cannot_be_corrected(self, to_folder, wired, kept, posted):
        progress = kept()
        deliver(NINJS, to_folder(), wired(version=2), progress)
        out = posted(progress.values)
        with pytest.raises(Refused, match="第 2 版"):
            NINJS.correct(to_folder(), out, wired(version=1), progress)
        with pytest.raises(Refused, match="哪篇"):
            NINJS.correct(to_folder(), out, wired(version=3, guid="rongmei:story:18"), progress)
        with pytest.raises(Refused, match="哪篇"):
            NINJS.correct(to_folder(), posted({}), wired(version=3), kept())

    def test_of_a_later_version_nobody_knows_the_first(self, to_folder, inbox, wired, kept):
        accepted = deliver(NINJS, to_folder(), wired(version=2), kept())
        assert "firstCreated" not in json.loads((inbox / accepted.external_id).read_bytes())


class TestRecall:
    def test_a_notice_with_a_higher_version(self, to_folder, inbox, wired, kept, posted):
        progress = kept()
        deliver(NINJS, to_folder(), wired(), progress)
        out = posted(progress.values)
        assert NINJS.is_gone(to_folder(), out) is False
        taken = NINJS.recall(to_folder(), out)
        assert isinstance(taken, TakenDown)
        assert taken.how == "hidden"
        assert NOTICE in taken.said
        made = json.loads((inbox / NOTICE).read_bytes())
        assert (made["uri"], made["version"], made["pubStatus"]) == ("rongmei:story:17", "2", "canceled")
        assert made["edNote"] == WITHDRAWN
        assert made["headlines"][0]["value"] == "东城队二比一战胜南城队"
        assert made["versionCreated"] > made["firstCreated"]
        assert NINJS.is_gone(to_folder(), out) is True
        stat = (inbox / NOTICE).stat()
        assert "已经交付过" in NINJS.recall(to_folder(), out).said
        assert (inbox / NOTICE).stat().st_mtime_ns == stat.st_mtime_ns

    @pytest.mark.parametrize(("channel", "word"), [(NEWSML, "stat:canceled"), (RUNDOWN, "已撤稿，请勿播出")])
    def test_in_every_form(self, channel, word, to_folder, inbox, wired, kept, posted):
        progress = kept()
        deliver(channel, to_folder(), wired(), progress)
        channel.recall(to_folder(), posted(progress.values))
        (notice,) = [name for name in names(inbox) if "canceled" in name]
        assert word in (inbox / notice).read_text(encoding="utf-8")

    def test_what_nobody_knows_cannot_be_taken_back(self, to_folder, posted):
        for progress in ({}, {"item": "x"}, {"item": {"guid": 1, "version": "1"}}):
            with pytest.raises(Refused, match="人工"):
                NINJS.recall(to_folder(), posted(progress))
            assert NINJS.is_gone(to_folder(), posted(progress)) is None

    def test_a_notice_that_is_taken_away_proves_nothing(self, to_folder, wired, kept, posted):
        progress = kept()
        deliver(NINJS, to_folder(), wired(), progress)
        assert NINJS.is_gone(to_folder(taken_away="是"), posted(progress.values)) is None


class TestEndpoint:
    def test_post(self, wire, to_endpoint, wired, kept):
        wire.on("/in", (201, b""))
        accepted = deliver(NINJS, to_endpoint(token="secret-token"), wired(), kept())
        (sent,) = wire.sent
        assert (sent.method, accepted.external_id, accepted.live) == ("POST", NAME, True)
        assert sent.headers["Idempotency-Key"] == "rm0123456789abcdef01"
        assert sent.headers["Authorization"] == "Bearer secret-token"
        assert sent.headers["Content-Type"] == "application/json"
        assert sent.headers["Content-Disposition"] == f'attachment; filename="{NAME}"'
        digest = base64.b64encode(hashlib.sha256(body(sent)).digest()).decode()
        assert sent.headers["Content-Digest"] == f"sha-256=:{digest}:"
        assert json.loads(body(sent))["uri"] == "rongmei:story:17"
        receipt = accepted.keep["receipt"]
        assert (receipt["status"], receipt["address"]) == (201, "https://partner.example/in")
        assert receipt["size"] == len(body(sent)) == int(sent.headers["Content-Length"])

    def test_put(self, wire, to_endpoint, wired, kept):
        wire.on(f"/in/{NAME}", (204, b""))
        fields = {"method": "put", "username": "rongmei", "password": "partner-password"}
        accepted = deliver(NINJS, to_endpoint(**fields), wired(), kept())
        (sent,) = wire.sent
        assert sent.method == "PUT"
        assert base64.b64decode(sent.headers["Authorization"].split()[1]) == b"rongmei:partner-password"
        assert accepted.keep["receipt"]["address"] == f"https://partner.example/in/{NAME}"

    def test_media_come_in_the_same_zip(self, wire, to_endpoint, wired, kept, picture, clip):
        wire.on("/in", (200, b""))
        deliver(NINJS, to_endpoint(), wired(pictures=(picture(),), videos=(clip,)), kept())
        (sent,) = wire.sent
        assert sent.headers["Content-Type"] == "application/zip"

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ((400, {"error": "bad secret-token"}), Refused),
            ((413, b""), Refused),
            ((422, b"\xff\xfe"), Refused),
            ((401, b""), CredentialRefused),
            ((403, b""), CredentialRefused),
            ((404, b""), CredentialRefused),
            ((405, b""), CredentialRefused),
            ((409, b""), OutcomeUnknown),
            ((500, b""), OutcomeUnknown),
            ((302, b""), OutcomeUnknown),
            ((429, b""), TryLater),
            (requests.exceptions.ReadTimeout("https://partner.example/in?secret-token"), OutcomeUnknown),
            (requests.exceptions.ConnectTimeout(), TryLater),
        ],
        ids=str,
    )
    def test_answers(self, wire, to_endpoint, wired, kept, answer, error):
        wire.on("/in", answer)
        with pytest.raises(error) as caught:
            deliver(NINJS, to_endpoint(token="secret-token"), wired(), kept())
        assert type(caught.value) is error
        assert "secret-token" not in str(caught.value)
        assert len(wire.sent) == 1

    def find(self, wire, to_endpoint, wired, kept, *answers, **fields):
        progress = kept()
        wire.on("/in", (201, b""))
        deliver(NINJS, to_endpoint(), wired(), progress)
        wire.on(f"/in/{NAME}", *answers)
        return NINJS.find(to_endpoint(**fields), "rm", NOW, progress.values), body(wire.sent[0])

    def test_an_endpoint_that_cannot_be_asked(self, wire, to_endpoint, wired, kept):
        found, _ = self.find(wire, to_endpoint, wired, kept)
        assert isinstance(found, Pending)
        assert "回查" in found.why
        assert len(wire.sent) == 1

    @pytest.mark.parametrize(
        ("answer", "kind"), [((404, b""), Absent), ((200, b"other"), Pending), ((204, b""), Pending)]
    )
    def test_reading_back(self, wire, to_endpoint, wired, kept, answer, kind):
        found, _ = self.find(wire, to_endpoint, wired, kept, answer, readback="get")
        assert isinstance(found, kind)
        assert wire.sent[-1].method == "GET"

    def test_reading_the_same_back(self, wire, to_endpoint, wired, kept):
        found, sent = self.find(wire, to_endpoint, wired, kept, lambda _: (200, body(wire.sent[0])), readback="get")
        assert isinstance(found, Accepted)
        assert found.keep["receipt"]["size"] == len(sent)

    def test_reading_back_needs_entry_too(self, wire, to_endpoint, wired, kept):
        with pytest.raises(CredentialRefused):
            self.find(wire, to_endpoint, wired, kept, (401, b""), readback="get")

    def test_recall_has_a_key_of_its_own(self, wire, to_endpoint, wired, kept, posted):
        progress = kept()
        wire.on("/in", (200, b""))
        deliver(NINJS, to_endpoint(), wired(), progress)
        taken = NINJS.recall(to_endpoint(), posted(progress.values))
        assert "HTTP 200" in taken.said
        assert wire.sent[-1].headers["Idempotency-Key"] == "rm0123456789abcdef01-canceled"
        assert json.loads(body(wire.sent[-1]))["pubStatus"] == "canceled"
        assert NINJS.is_gone(to_endpoint(), posted(progress.values)) is None

    def test_correction_has_a_key_of_its_own(self, wire, to_endpoint, wired, kept, posted):
        progress = kept()
        wire.on("/in", (200, b""))
        deliver(NINJS, to_endpoint(), wired(), progress)
        NINJS.correct(to_endpoint(), posted(progress.values), wired(version=2), progress)
        keys = [sent.headers["Idempotency-Key"] for sent in wire.sent]
        assert keys == ["rm0123456789abcdef01", "rm0123456789abcdef01-v2"]
