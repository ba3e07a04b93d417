"""Asking public pages how they answer: what may be asked, what may not, and for how long."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rongmei.channels import reading
from rongmei.channels.reading import is_public, page_status

OUTSIDE = "93.184.216.34"


def no_lookup(host: str, port: int) -> list[str]:
    raise AssertionError(f"nobody has to look up {host}")


# ── what may be asked at all ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file:///etc/passwd",
        "ftp://example.com/",
        "javascript:alert(1)",
        "//example.com/",
        "http://",
        "http://user:geheim@example.com/",
        "http://geheim@example.com/",
        "http://[::1/",
        "http://example.com:99999/",
        "https://example.com/" + "长" * 2000,
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_what_is_no_public_address_is_never_asked(url: str, inside: bool) -> None:
    assert page_status(url, inside=inside, resolve=no_lookup) is None


@pytest.mark.parametrize(
    "found",
    [
        [],
        ["127.0.0.1"],
        ["10.0.0.8"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        [OUTSIDE, "192.168.1.1"],
        ["nonsense"],
    ],
)
def test_a_name_that_leads_inside_is_never_asked(found: list[str]) -> None:
    assert page_status("https://example.com/a", resolve=lambda host, port: found) is None


def test_the_name_and_port_of_the_address_are_looked_up() -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return []

    for url in ("https://example.com/a", "http://EXAMPLE.com", "http://example.com:8080/"):
        page_status(url, resolve=resolve)
    assert asked == [("example.com", 443), ("example.com", 80), ("example.com", 8080)]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        (OUTSIDE, True),
        ("2606:2800:220:1::1", True),
        ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("172.16.0.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("::", False),
        ("not an address", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_name_that_cannot_be_looked_up_has_no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(8, "nodename nor servname provided")

    monkeypatch.setattr(reading.socket, "getaddrinfo", fail)
    assert reading.resolved("example.com", 443) == []
    assert page_status("https://example.com/") is None


# ── what answers ─────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def site(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine: its address, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('Cookie', '')} {self.headers.get('Authorization', '')}")
            answer(self)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def say(handler: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


@pytest.mark.net
@pytest.mark.parametrize("status", [200, 404, 410, 403, 503])
def test_the_status_of_a_page(status: int) -> None:
    with site(lambda handler: say(handler, status)) as (home, asked):
        assert page_status(f"{home}/文章/1?rm=rm01#top", inside=True) == status
    assert asked == ["/%E6%96%87%E7%AB%A0/1?rm=rm01  "]


@pytest.mark.net
def test_a_page_inside_the_house_hears_nothing_from_us() -> None:
    with site(lambda handler: say(handler, 200)) as (home, asked):
        assert page_status(home) is None
        # A name that resolves to something else when the connection is made.
        assert page_status(home.replace("127.0.0.1", "localhost"), resolve=lambda host, port: [OUTSIDE]) is None
    assert asked == []


@pytest.mark.net
def test_redirects_are_followed_a_few_times_without_cookies() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        step = int(handler.path.strip("/"))
        say(handler, 302 if step < 3 else 410, Location=f"/{step + 1}", Set_Cookie="token=geheim")

    with site(answer) as (home, asked):
        assert page_status(f"{home}/0", inside=True) == 410
    assert asked == ["/0  ", "/1  ", "/2  ", "/3  "]


@pytest.mark.net
def test_redirects_without_end() -> None:
    with site(lambda handler: say(handler, 302, Location="/again")) as (home, asked):
        assert page_status(home, inside=True) is None
    assert len(asked) == reading.MAX_REDIRECTS + 1


@pytest.mark.net
@pytest.mark.parametrize("target", ["http://geheim@127.0.0.1/", "file:///etc/passwd", "http://[::1/", "gopher://x/"])
def test_a_redirect_to_what_is_no_page(target: str) -> None:
    with site(lambda handler: say(handler, 301, Location=target)) as (home, asked):
        assert page_status(home, inside=True) is None
    assert len(asked) == 1


@pytest.mark.net
def test_a_redirect_from_outside_into_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every hop is looked at, not only the first one."""
    with site(lambda handler: say(handler, 200)) as (secret, heard):

        def answer(handler: BaseHTTPRequestHandler) -> None:
            say(handler, 302, Location=f"{secret}/admin")

        with site(answer) as (home, asked):
            port = home.rpartition(":")[2]
            monkeypatch.setattr(reading, "is_public", lambda address: address == OUTSIDE or address == "127.0.0.1")
            resolve = {f"{port}": [OUTSIDE]}
            assert page_status(home, resolve=lambda host, at: resolve.get(str(at), ["10.0.0.1"])) is None
    assert len(asked) == 1
    assert heard == []


@pytest.mark.net
def test_a_redirect_that_leads_nowhere_is_the_answer() -> None:
    with site(lambda handler: say(handler, 302)) as (home, _):
        assert page_status(home, inside=True) == 302


@pytest.mark.net
def test_the_body_is_not_read() -> None:
    sent: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        say(handler, 200, Content_Length=str(10**12))
        with suppress(OSError):
            sent.extend(handler.wfile.write(b"x" * 65536) for _ in range(2000))

    with site(answer) as (home, _):
        assert page_status(home, inside=True) == 200
    assert sum(sent) < 2000 * 65536


@pytest.mark.net
@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_a_page_that_trickles_is_cut_off(begin: bytes) -> None:
    gone = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.wfile.write(begin)
            while not gone.wait(0.02):
                handler.wfile.write(b"x" if begin else b"")
                handler.wfile.flush()

    with site(answer) as (home, _):
        started = time.monotonic()
        assert page_status(home, inside=True, total_seconds=0.3) is None
        assert time.monotonic() - started < 3
        gone.set()


@pytest.mark.net
def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert page_status(f"http://127.0.0.1:{taken.getsockname()[1]}/", inside=True) is None


@pytest.mark.net
def test_what_is_no_http() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"\x00\x01 nothing like it\r\n\r\n")

    with site(answer) as (home, _):
        assert page_status(home, inside=True) is None
        assert page_status(home.replace("http:", "https:"), inside=True) is None


@pytest.mark.net
def test_no_thread_stays_behind() -> None:
    before = threading.active_count()
    assert page_status("http://localhost/", resolve=lambda host, port: []) is None
    deadline = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
