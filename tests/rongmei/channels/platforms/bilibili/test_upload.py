"""The film on its way to Bilibili: parts, resuming, cover and section."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pytest
import requests
from PIL import Image

from rongmei.channels import (
    Credential,
)
from rongmei.channels.platforms.bilibili import upload
from rongmei.errors import CredentialRefused, Refused, TryLater

OK = {"code": 0, "message": "0", "ttl": 1}
INIT = "/arcopen/fn/archive/video/init"
PART = "/video/v2/part/upload"
COMPLETE = "/arcopen/fn/archive/video/complete"
COVER = "/arcopen/fn/archive/cover/upload"
TYPES = "/arcopen/fn/archive/type/list"
COVER_URL = "https://i1.hdslb.com/bfs/archive/cover.jpg"


def refusal(code, message="不行"):
    return {"code": code, "message": message, "ttl": 1}


def body_of(request):
    return request.body if isinstance(request.body, bytes) else b"".join(request.body)


def test_the_video_goes_up_in_parts_to_the_upload_host(channel, line, wire, fitted, film, clip, kept, monkeypatch):
    monkeypatch.setattr(upload, "PART_BYTES", 10)
    content = bytes(range(25))
    at, host, progress = line("bilibili"), type(wire)(), kept()
    at.client.session.mount("https://upload.example", host.on(PART, OK))
    channel.prepare(at, film(videos=(clip(content),)), progress)
    assert [request.query["part_number"] for request in host.sent] == ["1", "2", "3"]
    assert b"".join(body_of(request) for request in host.sent) == content
    for request in host.sent:
        assert request.query["upload_token"] == "upload-token-1"
        assert request.headers["Content-Type"] == "application/octet-stream"
        # The upload token is all that host needs.
        assert "Access-Token" not in request.headers
    assert wire.paths() == [COVER, INIT, COMPLETE]
    assert wire.sent[1].json == {"name": f"{hashlib.sha256(content).hexdigest()[:16]}.mp4", "utype": "0"}
    assert [commit["parts"] for commit in progress.commits if "parts" in commit][:4] == [0, 1, 2, 3]
    assert progress.get("completed") is True


def test_an_interrupted_upload_goes_on_where_it_stopped(channel, line, wire, fitted, film, clip, kept, monkeypatch):
    monkeypatch.setattr(upload, "PART_BYTES", 10)
    article, progress, at = film(videos=(clip(bytes(35)),)), kept(), line("bilibili")
    fitted.on(PART, OK, OK, requests.exceptions.ReadTimeout(), OK)
    with pytest.raises(TryLater):
        channel.prepare(at, article, progress)
    assert (progress.get("upload_token"), progress.get("parts")) == ("upload-token-1", 2)
    wire.sent.clear()
    channel.prepare(at, article, progress)
    assert [request.query["part_number"] for request in wire.sent if request.path == PART] == ["3", "4"]
    assert wire.paths()[-1] == COMPLETE
    wire.sent.clear()
    channel.prepare(at, article, progress)
    assert wire.sent == []


@pytest.mark.parametrize("path", [PART, COMPLETE])
def test_an_upload_token_that_ran_out_starts_the_upload_anew(channel, line, wire, fitted, film, kept, path):
    progress, at = kept(), line("bilibili")
    fitted.on(path, refusal(127022, "upload_token验证错误"), OK)
    with pytest.raises(TryLater, match="重新上传"):
        channel.prepare(at, film(), progress)
    assert progress.get("upload_token") is None
    channel.prepare(at, film(), progress)
    assert wire.paths().count(INIT) == 2
    assert wire.paths().count(COVER) == 1


def test_a_film_that_was_not_reviewed_stays_here(channel, line, wire, fitted, film, clip, kept):
    other = clip(b"what was reviewed")
    other.path.write_bytes(b"another film")
    with pytest.raises(Refused, match="审过"):
        channel.prepare(line("bilibili"), film(videos=(other,)), kept())
    other.path.unlink()
    with pytest.raises(Refused, match="村超"):
        channel.prepare(line("bilibili"), film(videos=(other,)), kept())
    assert not {INIT, PART} & set(wire.paths())


@pytest.mark.parametrize(
    ("base_url", "fields", "sandbox", "host"),
    [
        ("https://member.bilibili.com", {}, False, upload.OFFICIAL_HOST),
        ("https://member.bilibili.com", {"upload_url": "https://u.example"}, False, "https://u.example"),
        (
            "http://127.0.0.1:8700/bilibili",
            {"upload_url": "http://127.0.0.1:8700/up"},
            True,
            "http://127.0.0.1:8700/up",
        ),
        ("http://127.0.0.1:8700/bilibili", {}, True, None),
        ("https://member.bilibili.com", {}, True, None),
        ("https://member.bilibili.com.example", {}, False, None),
    ],
)
def test_only_the_official_platform_has_an_upload_host_by_itself(base_url, fields, sandbox, host):
    credential = Credential(base_url, fields, sandbox=sandbox)
    if host is None:
        with pytest.raises(CredentialRefused, match="upload_url"):
            upload.upload_url(credential)
    else:
        assert upload.upload_url(credential) == host


def test_the_cover_has_the_size_that_is_asked_for(channel, line, wire, fitted, film, picture, photo, kept):
    progress = kept()
    channel.prepare(line("bilibili"), film(pictures=(picture(photo((320, 200))),)), progress)
    form = body_of(next(request for request in wire.sent if request.path == COVER))
    start = form.index(b"\xff\xd8\xff")
    assert b'name="file"' in form[:start]
    assert Image.open(BytesIO(form[start:])).size == (1146, 717)
    assert progress.get("submission")["cover"] == COVER_URL


def test_without_a_section_of_its_own_the_account_gets_a_news_section(channel, line, wire, fitted, film, kept):
    tree = [
        {"id": 1, "name": "动画", "children": [{"id": 24, "name": "社会"}]},
        {"id": 202, "name": "资讯", "children": [{"id": 203, "name": "热点"}, {"id": 205, "name": "社会"}]},
    ]
    progress = kept()
    fitted.on(TYPES, {**OK, "data": tree})
    channel.prepare(line("bilibili", tid=""), film(), progress)
    assert progress.get("submission")["tid"] == 205
    wire.on(TYPES, {**OK, "data": tree[:1]})
    with pytest.raises(CredentialRefused, match="tid"):
        channel.prepare(line("bilibili", tid=""), film(), kept())
