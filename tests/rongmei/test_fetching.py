"""Tests of safe fetching, with a session that answers from memory; one on the loopback interface."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ReadTimeoutError

from rongmei.errors import BadInput, TryLater
from rongmei.fetching import fetch, is_public, public_session
from rongmei.pitches.sources.feed import fetch_feed

PUBLIC = "93.184.215.14"


class Memory(BaseAdapter):
    """Answers each address from a dict of (status, headers, body)."""

    def __init__(self, answers: dict[str, tuple[int, dict[str, str], Any]]) -> None:
        super().__init__()
        self.answers, self.asked = answers, list[str]()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = str(request.url).partition("?")[0]
        self.asked.append(url)
        status, headers, body = self.answers[url]
        if isinstance(body, Exception):
            raise body
        stream = io.BytesIO(body) if isinstance(body, bytes) else body
        answer = requests.Response()
        answer.status_code, answer.url = status, url
        answer.headers.update(headers)
        answer.raw = HTTPResponse(body=stream, headers=headers, status=status, preload_content=False)
        return answer

    def close(self) -> None:
        pass


def session(**answers: tuple[int, dict[str, str], Any]) -> tuple[requests.Session, Memory]:
    made, memory = (
        public_session(allow_private=True),
        Memory({f"https://a.example/{name}": answer for name, answer in answers.items()}),
    )
    made.mount("https://", memory)
    return made, memory


def public(host: str, port: int) -> list[str]:
    return [PUBLIC]


class Endless(io.RawIOBase):
    """A body without end that counts what was taken."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return b"x" * size


def test_the_body_is_returned() -> None:
    made, _ = session(f=(200, {}, b"hello"))
    assert fetch("https://a.example/f", made, resolve=public) == b"hello"


def test_an_endless_body_stops_at_the_limit() -> None:
    body = Endless()
    made, _ = session(f=(200, {}, body))
    with pytest.raises(BadInput, match="5 MB"):
        fetch("https://a.example/f", made, resolve=public)
    assert body.taken < 6 * 1024 * 1024


def test_a_declared_length_beyond_the_limit_is_not_read() -> None:
    body = Endless()
    made, _ = session(f=(200, {"Content-Length": "104857600"}, body))
    with pytest.raises(BadInput, match="5 MB"):
        fetch("https://a.example/f", made, resolve=public)
    assert body.taken == 0


def test_a_trickling_body_stops_at_the_deadline() -> None:
    ticks: Iterator[float] = iter(range(0, 1000, 50))
    made, _ = session(f=(200, {}, b"x" * 300_000))
    with pytest.raises(TryLater, match="太慢"):
        fetch("https://a.example/f", made, resolve=public, clock=lambda: next(ticks))


def test_redirects_are_followed_three_times_and_checked_each_time() -> None:
    hops = {str(n): (302, {"Location": f"/{n + 1}"}, b"") for n in range(9)}
    made, memory = session(**{**hops, "3": (200, {}, b"end")})
    assert fetch("https://a.example/0", made, resolve=public) == b"end"
    made, memory = session(**hops)
    with pytest.raises(BadInput, match="重定向超过 3 次"):
        fetch("https://a.example/0", made, resolve=public)
    assert len(memory.asked) == 4
    for target in ("file:///etc/passwd", "http://[", "ftp://a.example/"):
        made, _ = session(f=(301, {"Location": target}, b""))
        with pytest.raises(BadInput):
            fetch("https://a.example/f", made, resolve=public)


def test_the_body_of_a_redirect_is_not_read() -> None:
    body = Endless()
    made, _ = session(f=(302, {"Location": "/g"}, body), g=(200, {}, b"end"))
    assert fetch("https://a.example/f", made, resolve=public) == b"end"
    assert body.taken == 0


def test_a_redirect_into_the_house_is_refused() -> None:
    made, memory = session(f=(302, {"Location": "https://inside.example/"}, b""))
    with pytest.raises(BadInput, match="内网"):
        fetch(
            "https://a.example/f",
            made,
            resolve=lambda host, port: ["10.0.0.8"] if host == "inside.example" else [PUBLIC],
        )
    assert memory.asked == ["https://a.example/f"]


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "file:///etc/passwd", "a.example", "http://", "https://u:secret@a.example/", "http://[::1"],
)
def test_other_addresses_are_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        fetch(url, requests.Session(), resolve=public)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1",
     "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "not an address"],
)  # fmt: skip
def test_addresses_inside_the_house_are_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(BadInput, match="内网"):
        fetch("https://a.example/f", requests.Session(), resolve=lambda host, port: [PUBLIC, address])


def test_public_addresses_are_public() -> None:
    assert is_public(PUBLIC)
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


def test_busy_and_failing_servers_are_tried_later_and_refusals_are_not() -> None:
    made, _ = session(
        f=(429, {"Retry-After": "120"}, b""), g=(502, {"Retry-After": "soon"}, b""), h=(404, {}, b""), i=(204, {}, b"")
    )
    with pytest.raises(TryLater) as caught:
        fetch("https://a.example/f", made, resolve=public)
    assert caught.value.retry_after == timedelta(seconds=120)
    with pytest.raises(TryLater) as caught:
        fetch("https://a.example/g", made, resolve=public)
    assert caught.value.retry_after is None
    for name in "hi":
        with pytest.raises(BadInput, match="没有内容"):
            fetch(f"https://a.example/{name}", made, resolve=public)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.ConnectTimeout(), TryLater),
        (requests.exceptions.ConnectionError(ReadTimeoutError(None, "/", "slow")), TryLater),  # type: ignore[arg-type]
        (requests.exceptions.SSLError(), BadInput),
        (requests.exceptions.InvalidURL(), BadInput),
    ],
)
def test_transport_errors_are_typed(error: Exception, kind: type[Exception]) -> None:
    made, _ = session(f=(200, {}, error))
    with pytest.raises(kind):
        fetch("https://a.example/f?token=secret", made, resolve=public)


def test_a_broken_compression_is_bad_input() -> None:
    made, _ = session(f=(200, {"Content-Encoding": "gzip"}, b"no gzip"))
    with pytest.raises(BadInput, match="压缩"):
        fetch("https://a.example/f", made, resolve=public)


def test_a_feed_is_fetched_and_parsed() -> None:
    made, _ = session(f=(200, {}, b"<rss version='2.0'><channel><item><title>hello</title></item></channel></rss>"))
    reading = fetch_feed("https://a.example/f", made, source_id="s", outlet="humen", resolve=public)
    assert [p.title for p in reading.pitches] == ["hello"]


def test_the_public_session_takes_nothing_from_the_environment() -> None:
    assert public_session().trust_env is False


@pytest.mark.net
def test_a_name_that_resolves_anew_cannot_reach_loopback() -> None:
    asked: list[str] = []

    class Inside(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"inside")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Inside)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/feed"
        with pytest.raises(BadInput, match="内网"):
            fetch(url, public_session(), resolve=public)
        assert asked == []
        assert fetch(url, public_session(allow_private=True), allow_private=True) == b"inside"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
