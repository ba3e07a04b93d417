"""Asks a public page how it answers, as a reader would: no credentials, nothing inside the house, bounded in time.

Addresses of posts come from platforms' answers and from people, so each hop is looked at before and after connecting:
a name may resolve to another address the second time.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from rongmei.channels.links import is_web_address

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 20.0
MAX_URL = 2000
MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], list[str]]


def page_status(
    url: str,
    *,
    inside: bool = False,
    total_seconds: float = TOTAL_SECONDS,
    resolve: Resolve | None = None,
) -> int | None:
    """The HTTP status with which the page answers, after at most `MAX_REDIRECTS` redirects; its body is not read.

    A status is no proof by itself: some platforms say 200 on a page that tells that the post was deleted.

    Args:
        url: http(s), without credentials.
        inside: addresses inside the house will do too, for the sandbox's pages.
        total_seconds: for everything, redirects included, however slowly the other side trickles.
        resolve: host and port to IP addresses.

    Returns:
        None where the page cannot be asked: no such name, no answer in time, a certificate nobody trusts, an address
        that is none of the public internet's, redirects without end.
    """
    with _Watch(inside=inside, seconds=total_seconds) as watch, _session(watch) as session:
        try:
            return _follow(url, session, watch, resolve or resolved)
        except (requests.RequestException, HTTPError, OSError, ValueError):
            # Nobody could ask, whatever the reason; what is not known is said as None.
            return None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet; one that carries an IPv4 address is judged by that."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if carried is not None:
            ip = carried
    return ip.is_global and not ip.is_multicast


def resolved(host: str, port: int) -> list[str]:
    """Every IP address of a host name; none where it has none now."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


class _Inside(OSError):
    """The address is inside the house, or the time is up before it is asked."""


class _Watch:
    """Lets connections through, each to be cut when the time of the whole reading is over."""

    def __init__(self, *, inside: bool, seconds: float) -> None:
        self.inside = inside
        self._ends = time.monotonic() + seconds
        self._open: list[socket.socket] = []
        self._turn = threading.Lock()
        self._over = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._turn:
            for guard in self._open:
                guard.close()
            self._open.clear()

    def admit(self, connected: socket.socket) -> socket.socket:
        """The connection, if its peer may be spoken to.

        Raises:
            _Inside: it may not.
        """
        peer = str(connected.getpeername()[0])
        with self._turn:
            if self._over or not (self.inside or is_public(peer)):
                connected.close()
                raise _Inside
            # A second handle on it, because TLS takes the first one over.
            self._open.append(connected.dup())
        return connected

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._ends

    def _cut(self) -> None:
        with self._turn:
            self._over = True
            for guard in self._open:
                with suppress(OSError):
                    guard.shutdown(socket.SHUT_RDWR)


def _session(watch: _Watch) -> requests.Session:
    """A session without proxies or credentials of the environment, whose connections pass the watch."""

    class Http(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return watch.admit(super()._new_conn())

    class Https(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return watch.admit(super()._new_conn())

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = Https

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            manager: PoolManager = self.poolmanager
            manager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}

    class OneHop(requests.Session):
        # requests would read a redirect's whole body even when told not to follow it.
        def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
            return None

    session = OneHop()
    session.trust_env = False
    session.headers["User-Agent"] = "rongmei"
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())
    return session


def _follow(url: str, session: requests.Session, watch: _Watch, resolve: Resolve) -> int | None:
    for _ in range(MAX_REDIRECTS + 1):
        if watch.is_over or not _may_ask(url, watch, resolve):
            return None
        # Cookies that one page sets are not shown to the next one.
        session.cookies.clear()
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        with session.get(url, stream=True, allow_redirects=False, timeout=timeout) as answer:
            status, target = answer.status_code, answer.headers.get("Location")
        if watch.is_over:
            # Cut off in its headers, so nobody knows what else it would have said.
            return None
        if status not in REDIRECTS or not target:
            return status
        url = urljoin(url, target)
    return None


def _may_ask(url: str, watch: _Watch, resolve: Resolve) -> bool:
    if len(url) > MAX_URL or not is_web_address(url):
        return False
    if watch.inside:
        return True
    parts = urlsplit(url)
    found = resolve(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    return bool(found) and all(is_public(address) for address in found)
