"""Reads addresses of folders and SFTP servers out of connections; anything that could lead elsewhere is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, quote, unquote, urlsplit

from rongmei.errors import CredentialRefused

SFTP_PORT = 22
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Server:
    """An SFTP server and the folder on it."""

    host: str
    port: int
    folder: PurePosixPath

    @property
    def uri(self) -> str:
        """The folder's address, without user or password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == SFTP_PORT else f":{self.port}"
        return f"sftp://{host}{port}{quote(str(self.folder))}"


def folder_of(base_url: str) -> Path:
    """The folder of `file:///absolute/path`.

    Raises:
        CredentialRefused: it is not such an address.
    """
    parts = _split(base_url)
    if parts is None or parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise CredentialRefused("账号连接里的文件夹地址不对，写成 file:///绝对路径")
    return Path(_path(parts))


def server_of(base_url: str) -> Server:
    """The server and folder of `sftp://host[:port]/absolute/path`; the user name stands in the connection's fields.

    Raises:
        CredentialRefused: it is not such an address.
    """
    parts = _split(base_url)
    if parts is None or parts.scheme != "sftp" or not parts.hostname or "@" in parts.netloc:
        raise CredentialRefused("账号连接里的 SFTP 地址不对，写成 sftp://主机:端口/绝对路径，用户名和密码另填")
    return Server(parts.hostname, parts.port or SFTP_PORT, PurePosixPath(_path(parts)))


def _split(base_url: str) -> SplitResult | None:
    try:
        parts = urlsplit(base_url)
        # Only asked for does a wrong port show itself.
        return parts if parts.port is None or parts.port > 0 else None
    except ValueError:
        return None


def _path(parts: SplitResult) -> str:
    path = unquote(parts.path)
    if parts.query or parts.fragment or _CONTROL.search(path) or not path.startswith("/"):
        raise CredentialRefused("账号连接里的交付地址要有文件夹的绝对路径，路径里的“?”“#”要写成 %3F、%23")
    names = PurePosixPath(path).parts[1:]
    if not names or ".." in names:
        raise CredentialRefused("账号连接里的交付地址不能是根目录，也不能含“..”")
    return path
