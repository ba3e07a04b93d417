"""Fetch a public address safely: bounded bytes, time and redirects, and never an address inside the house."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from rongmei.errors import BadInput, TryLater

MAX_BYTES = 5 * 1024 * 1024
MAX_REDIRECTS = 3
CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
TOTAL_SECONDS = 60.0
_CHUNK = 64 * 1024
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_BUSY = frozenset((408, 425, 429))

Resolve = Callable[[str, int], list[str]]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; addresses that carry an IPv4 one are judged by it."""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if carried is not None:
            ip = carried
    return ip.is_global and not ip.is_multicast


def resolve_host(host: str, port: int) -> list[str]:
    """Every IP address of a host name.

    Raises:
        TryLater: the name cannot be resolved now.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TryLater(f"解析不到域名 {host}，稍后再试") from error
    return [str(entry[4][0]) for entry in found]


def _refuse_private(host: str) -> BadInput:
    return BadInput(
        "地址指向内网或本机，不予访问",
        where=host,
        mend="换成公网可以打开的网址；彩排环境请由管理员放行",
    )


class _CheckedHTTPConnection(HTTPConnection):
    """Looks at the peer after connecting and before a byte is sent: a name that resolves anew cannot slip past."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _check_peer(sock, self.host)
        return sock


class _CheckedHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _check_peer(sock, self.host)
        return sock


def _check_peer(sock: socket.socket, host: str) -> None:
    if not is_public(str(sock.getpeername()[0])):
        sock.close()
        raise _refuse_private(host)


class _CheckedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _CheckedHTTPConnection


class _CheckedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPSConnection


class _PublicOnlyAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _CheckedHTTPPool, "https": _CheckedHTTPSPool}


class _OneHopSession(requests.Session):
    """A session that leaves redirects alone: requests reads a redirect's whole body even if told not to follow."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests' signature
        return None


def public_session(*, allow_private: bool = False) -> requests.Session:
    """A session for `fetch`: no proxies, cookies file or credentials of the environment, public peers only.

    Args:
        allow_private: leave the peers unchecked, for a rehearsal against a stand-in on this machine.
    """
    session = _OneHopSession()
    session.trust_env = False
    session.headers["User-Agent"] = "Rongmei/1 (+newsroom feed reader)"
    if not allow_private:
        adapter = _PublicOnlyAdapter()
        session.mount("http://", adapter)
        session.mount("https://", adapter)
    return session


def fetch(
    url: str,
    session: requests.Session,
    *,
    limit: int = MAX_BYTES,
    headers: Mapping[str, str] | None = None,
    connect_seconds: float = CONNECT_SECONDS,
    read_seconds: float = READ_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
    allow_private: bool = False,
    resolve: Resolve = resolve_host,
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """The body at `url`, decoded from its transfer compression.

    Args:
        url: http or https, without credentials.
        session: from `public_session` with the same `allow_private`; it also checks the connected peer and never
            reads the body of a redirect.
        limit: most bytes of the body; reading stops there.
        headers: sent beside the session's own, to every hop; never a credential.
        connect_seconds, read_seconds: timeouts of a connection and of each read.
        total_seconds: for everything, redirects included; a trickling server cannot hold a worker.
        allow_private: permit loopback and private addresses.
        resolve: host and port to IP addresses.
        clock: seconds, monotonic.

    Raises:
        BadInput: the address or the answer is unusable; asking again gives the same.
        TryLater: the server is busy, failing or out of reach.
    """
    deadline = clock() + total_seconds
    for _ in range(MAX_REDIRECTS + 1):
        where = _check_address(url, allow_private=allow_private, resolve=resolve)
        try:
            with session.get(
                url,
                stream=True,
                headers=headers,
                allow_redirects=False,
                timeout=(connect_seconds, read_seconds),
            ) as answer:
                if answer.status_code in _REDIRECTS and answer.headers.get("Location"):
                    url = _next_address(url, answer.headers["Location"], where)
                    continue
                _check_status(answer, where)
                return _read_bounded(answer, where, limit=limit, deadline=deadline, clock=clock)
        except requests.exceptions.ContentDecodingError as error:
            raise BadInput("内容的压缩格式损坏", where=where, mend="请对方网站检查输出") from error
        except requests.exceptions.SSLError as error:
            raise BadInput("网站的安全证书不可信", where=where, mend="请对方更新证书") from error
        except (ValueError, UnicodeError) as error:  # requests' InvalidURL, InvalidHeader and their kin
            raise BadInput("网址或应答无法识别", where=where, mend="在浏览器里打开核对") from error
        except (requests.exceptions.RequestException, OSError) as error:
            raise TryLater(f"{where}：连接不上或中途断开，稍后再试") from error
    raise BadInput(f"重定向超过 {MAX_REDIRECTS} 次", where=where, mend="填写最终的网址")


def _check_address(url: str, *, allow_private: bool, resolve: Resolve) -> str:
    """The address without query and fragment, for messages, once it is found fit to be asked."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadInput("网址格式不对", where=url[:80], mend="填写以 http:// 或 https:// 开头的网址") from error
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise BadInput("只接受 http 和 https 网址", where=url[:80], mend="填写以 http:// 或 https:// 开头的网址")
    where = f"{host}{parts.path}"[:120]
    if parts.username is not None or parts.password is not None:
        raise BadInput("网址里带有用户名或密码", where=where, mend="去掉 @ 之前的部分")
    if not allow_private:
        addresses = resolve(host, port or (443 if parts.scheme.lower() == "https" else 80))
        if not addresses or not all(is_public(address) for address in addresses):
            raise _refuse_private(host)
    return where


def _next_address(url: str, location: str, where: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise BadInput("重定向的网址格式不对", where=where, mend="填写最终的网址") from error


def _check_status(answer: requests.Response, where: str) -> None:
    status = answer.status_code
    if status == 200:
        return
    if status in _BUSY or status >= 500:
        raise TryLater(f"{where}：对方忙或出错（{status}），稍后再试", retry_after=_retry_after(answer))
    mend = "在浏览器里打开核对，网址可能已更换或需要授权"
    raise BadInput(f"对方返回 {status}，没有内容", where=where, mend=mend)


def _retry_after(answer: requests.Response) -> timedelta | None:
    value = answer.headers.get("Retry-After", "").strip()
    if not (value.isascii() and value.isdigit() and len(value) <= 6):
        return None
    return timedelta(seconds=min(int(value), 86_400))


def _read_bounded(
    answer: requests.Response, where: str, *, limit: int, deadline: float, clock: Callable[[], float]
) -> bytes:
    too_long = BadInput(f"内容超过 {limit / 1024 / 1024:g} MB", where=where, mend="请对方减少条目，或换一个地址")
    declared = answer.headers.get("Content-Length", "")
    if declared.isascii() and declared.isdigit() and len(declared) < 19 and int(declared) > limit:
        raise too_long
    body = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise too_long
        if clock() > deadline:
            raise TryLater(f"{where}：传输太慢，已中止，稍后再试")
    return bytes(body)
