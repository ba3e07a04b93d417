"""HTTP: which error means what, bounds, and that nothing secret gets out."""

import base64
import html
import json
import logging
import traceback
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError

from rongmei.channels import client as client_module
from rongmei.channels.bodies import PIECE, Form, Slice
from rongmei.channels.client import Client
from rongmei.errors import CredentialRefused, OutcomeUnknown, TryLater

TOKEN = "access-token-that-is-secret"


def never_connected(kind=NewConnectionError):
    made = kind("h", None, OSError()) if kind is NameResolutionError else kind(None, "refused")
    return requests.exceptions.ConnectionError(MaxRetryError(None, f"/x?access_token={TOKEN}", made))


NOTHING_HAPPENED = [
    never_connected(),
    never_connected(NameResolutionError),
    requests.exceptions.ConnectTimeout(f"/x?access_token={TOKEN}"),
    requests.exceptions.SSLError(MaxRetryError(None, "/x", Exception("CERTIFICATE_VERIFY_FAILED"))),
]
NOBODY_KNOWS = [
    requests.exceptions.ReadTimeout(f"/x?access_token={TOKEN}"),
    requests.exceptions.ConnectionError(ProtocolError("aborted", ConnectionResetError())),
    requests.exceptions.ChunkedEncodingError(),
    requests.exceptions.ContentDecodingError(),
    requests.exceptions.SSLError("bad record mac"),
    (500, b"oops"),
    (502, b"<html>"),
    (503, {"busy": True}),
    (408, b""),
]


@pytest.mark.parametrize("publishes", [True, False])
@pytest.mark.parametrize("answer", NOTHING_HAPPENED, ids=lambda error: type(error).__name__)
def test_what_never_left_may_be_tried_again(wire, line, answer, publishes):
    wire.on("/x", answer)
    with pytest.raises(TryLater):
        line("wechat").client.call("POST", "/x", publishes=publishes)


@pytest.mark.parametrize("answer", NOBODY_KNOWS, ids=str)
def test_what_left_without_a_clear_answer(wire, line, answer):
    wire.on("/x", answer)
    with pytest.raises(OutcomeUnknown):
        line("wechat").client.call("POST", "/x", publishes=True)
    with pytest.raises(TryLater):
        line("wechat").client.call("POST", "/x")
    # Never repeated by itself.
    assert len(wire.sent) == 2


def test_too_many_requests_is_clear_and_says_when(wire, line):
    def busy(_):
        return 429, {}

    wire.on("/x", busy)
    with pytest.raises(TryLater):
        line("wechat").client.call("POST", "/x", publishes=True)


@pytest.mark.parametrize(("value", "expected"), [("120", 120), ("999999", 86_400), ("soon", None), ("-1", None)])
def test_retry_after(value, expected):
    found = client_module._retry_after({"Retry-After": value})
    assert found == (None if expected is None else timedelta(seconds=expected))


def test_redirects_are_not_followed(wire, line):
    wire.on("/x", (302, b""))
    with pytest.raises(CredentialRefused, match="转到别的地址"):
        line("wechat").client.call("GET", "/x")
    with pytest.raises(OutcomeUnknown):
        line("wechat").client.call("POST", "/x", publishes=True)
    assert wire.paths() == ["/x", "/x"]


def test_answers_are_bounded(wire, line, monkeypatch):
    monkeypatch.setattr(client_module, "MAX_ANSWER_BYTES", 1000)
    wire.on("/x", b"x" * 200_000)
    with pytest.raises(OutcomeUnknown, match="太长"):
        line("wechat").client.call("POST", "/x", publishes=True)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_none(wire, line, body):
    wire.on("/x", body)
    assert line("wechat").client.call("GET", "/x").data is None


def test_json_goes_out_as_plain_utf8(wire, line):
    wire.on("/x", {})
    line("wechat").client.call("POST", "/x", json_body={"title": "村超"})
    assert "村超".encode() in wire.sent[0].body
    assert b"\\u" not in wire.sent[0].body


@pytest.mark.parametrize("url", ["ftp://x", "platform.example", "https://user:password@x.example", "", "http://[::1"])
def test_addresses_that_cannot_be_right(url):
    with pytest.raises(CredentialRefused) as caught:
        Client(url, "daily/wechat")
    assert "password" not in str(caught.value)


def test_no_trace_of_a_token_in_an_error(wire, line):
    for answer in [*NOTHING_HAPPENED, *NOBODY_KNOWS]:
        wire.on("/x", answer)
        with pytest.raises((TryLater, OutcomeUnknown)) as caught:
            line("wechat").client.call("POST", f"/x?access_token={TOKEN}", publishes=True)
        error = caught.value
        assert error.__context__ is None
        assert error.__cause__ is None
        assert TOKEN not in "".join(traceback.format_exception(error))


def test_what_a_platform_says_is_cleaned(line):
    client = line("wechat").client
    client.hide(TOKEN)
    said = client.clean(f"bad {TOKEN} and wechat-secret-0123456789\n\x00\u202e" + "长" * 500)
    assert TOKEN not in said
    assert "wechat-secret" not in said
    assert len(said) <= 161
    assert "\u202e" not in said


@pytest.mark.parametrize(
    "written",
    [
        lambda secret: urlencode({"access_token": secret}),
        lambda secret: quote(secret, safe="").lower(),
        lambda secret: json.dumps({"heard": secret}),
        lambda secret: html.escape(f"<p>{secret}</p>"),
        lambda secret: "Basic " + base64.b64encode(f"daily:{secret}".encode()).decode(),
        lambda secret: "Basic " + base64.b64encode(f"editor:{secret}".encode()).decode(),
        lambda secret: "Basic " + base64.b64encode(f"{secret}:x".encode()).decode(),
    ],
)
def test_what_a_platform_repeats_of_a_request_is_cleaned_too(line, written):
    secret = 'S3cr+t/wort & "mehr" <0123456789>'
    client = line("wechat").client
    client.hide(secret)
    said = client.clean(f"400 {written(secret)} refused")
    assert said.startswith("400 ")
    assert "***" in said
    for leak in ("S3cr", "s3cr", "wort", "0123456789", base64.b64encode(b"0123456789").decode()[2:-6]):
        assert leak not in said


def test_urllib3_logs_lose_their_queries(caplog):
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("urllib3.connectionpool")
    logger.debug(
        '%s://%s:%s "%s %s %s" %s %s', "https", "h", 443, "POST", f"/x?access_token={TOKEN}", "HTTP/1.1", 200, 5
    )
    logger.warning("Retrying (%r) after connection broken by '%r': %s", 1, OSError(), f"/x?access_token={TOKEN}")
    assert TOKEN not in caplog.text
    assert "/x?…" in caplog.text


def test_a_file_goes_out_piece_by_piece_with_its_length(wire, line, tmp_path):
    (tmp_path / "film").write_bytes(bytes(range(256)) * 1000)
    wire.on("/x", {})
    form = Form("video", "a.mp4", Slice(tmp_path / "film", 256, 200_000, "video/mp4"))
    line("wechat").client.call("POST", "/x", data=form)
    sent = wire.sent[0]
    assert sent.headers["Content-Type"] == form.content_type
    assert "Transfer-Encoding" not in sent.headers
    assert (bytes(range(256)) * 1000)[256:200_256] in sent.body


def test_a_large_body_from_memory_goes_out_in_pieces_too(line, monkeypatch):
    seen = []

    def send(request, **_):
        seen.append((request.body, request.headers))
        raise requests.exceptions.ConnectTimeout

    client = line("wechat").client
    monkeypatch.setattr(client.session, "send", send)
    picture = {"media": ("a.jpg", b"x" * 3 * PIECE, "image/jpeg")}
    for request in ({"data": b"x" * 3 * PIECE}, {"files": picture}):
        with pytest.raises(TryLater):
            client.call("POST", "/x", **request)
    for body, headers in seen:
        pieces = list(body)
        assert max(map(len, pieces)) <= PIECE
        assert sum(map(len, pieces)) == int(headers["Content-Length"])
    assert seen[1][1]["Content-Type"].startswith("multipart/form-data")


def test_a_client_for_another_host_keeps_the_secrets(wire, line):
    client = line("wechat").client
    client.hide(TOKEN)
    beside = client.beside("http://upload.example/")
    wire.on("/up", {})
    beside.call("POST", "/up")
    assert beside.base_url == "http://upload.example"
    assert TOKEN not in beside.clean(f"bad {TOKEN}")
