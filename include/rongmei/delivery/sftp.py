"""Delivers over SFTP: written as `….part`, then renamed; only to a server whose key is known.

Connection: base_url is `sftp://host[:port]/folder`. Fields: `username`; `password`, or `private_key` (OpenSSH or PEM)
and, where it is locked, `passphrase`; `host_key` (a line of `ssh-keyscan`: `ssh-ed25519 AAAA…`), without which the
server must stand in the known_hosts of the user that the workers run as.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any, Self

import paramiko

from rongmei.channels.base import Credential, Line
from rongmei.delivery.addresses import SFTP_PORT, server_of
from rongmei.delivery.goods import Goods, Presence, Receipt, safe
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
HASH_BYTES = 64 * 1024 * 1024
"""Larger files are known by name and size: reading them back would take longer than sending them."""
_CHUNK = 32 * 1024
_KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
# What the library raises beside OSError when a connection goes.
_LOST = (paramiko.SSHException, EOFError)


class _UnknownServer(Exception):
    """The server's key is not known."""


class _OnlyKnown:
    """The policy for servers whose key is not known: none is trusted at first sight."""

    def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:  # noqa: ARG002
        """Called by the library before it says who we are."""
        raise _UnknownServer(hostname)


class SftpTarget:
    """See the module; connected inside its `with`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._server = server_of(line.credential.base_url)
        self._client: Any = None
        self._sftp: Any = None

    def __enter__(self) -> Self:
        client = paramiko.SSHClient()
        try:
            self._connect(client)
            self._sftp = client.open_sftp()
            self._sftp.get_channel().settimeout(READ_SECONDS)
            self._client = client
        except _UnknownServer:
            raise CredentialRefused(f"{self._where}：不认识这台服务器，请核对后把它的公钥填进连接的 host_key") from None
        except paramiko.BadHostKeyException:
            raise CredentialRefused(
                f"{self._where}：服务器的公钥变了，可能有人冒充；请向对方核实后改连接的 host_key"
            ) from None
        except paramiko.AuthenticationException:
            raise CredentialRefused(f"{self._where}：服务器不认用户名、密码或密钥，请核对连接") from None
        except (OSError, *_LOST):
            raise TryLater(f"{self._where}：连不上服务器") from None
        finally:
            if self._client is None:
                client.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self._client.close()

    def lay(self, goods: Goods) -> None:
        """See `Target`; a file that is not renamed for certain is laid again."""
        with self._harmless("上传"):
            if self._holds(goods):
                return
            self._make_folder(goods.name)
            partial = self._upload(goods)
        try:
            self._rename(partial, goods.name)
        except OutcomeUnknown as error:
            unclear = str(error)
        else:
            return
        raise TryLater(unclear)

    def deliver(self, goods: Goods, *, key: str) -> Receipt:  # noqa: ARG002
        """See `Target`; the rename is the one call whose outcome may stay unknown."""
        with self._harmless("上传"):
            there = self._holds(goods)
            partial = "" if there else self._upload(goods)
        if not there:
            self._rename(partial, goods.name)
        address = f"{self._server.uri}/{goods.name}"
        return Receipt(goods.name, address, goods.size, goods.sha256, self._line.clock())

    def look(self, name: str, size: int | None = None, sha256: str | None = None) -> Presence:
        """See `Target`."""
        with self._harmless("查看"):
            # Seen first, so that a folder that is not there is not taken for a file that is not.
            self._sftp.stat(str(self._server.folder))
            found = self._size(name)
            if found is None:
                return "absent"
            if size is not None and found != size:
                return "different"
            if sha256 is None or found > HASH_BYTES:
                return "there"
            return "there" if self._hash(name, found) == sha256 else "different"

    # ── connecting ───────────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self, client: Any) -> None:
        credential = self._line.credential
        name = self._server.host if self._server.port == SFTP_PORT else f"[{self._server.host}]:{self._server.port}"
        if credential.fields.get("host_key"):
            key = host_key_of(credential.fields["host_key"])
            client.get_host_keys().add(name, key.get_name(), key)
        else:
            client.load_system_host_keys()
        client.set_missing_host_key_policy(_OnlyKnown())
        private_key = private_key_of(credential)
        client.connect(
            self._server.host,
            self._server.port,
            username=credential.require("username"),
            password=None if private_key else credential.require("password"),
            pkey=private_key,
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=CONNECT_SECONDS,
            # Only what the connection says: no keys and no agent of whoever runs the workers.
            allow_agent=False,
            look_for_keys=False,
        )

    @property
    def _where(self) -> str:
        return f"{self._line.account} 交付到 {self._server.host}"

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _path(self, name: str) -> str:
        return str(self._server.folder / PurePosixPath(name))

    def _holds(self, goods: Goods) -> bool:
        found = self._size(goods.name)
        if found is None or found != goods.size:
            return False
        return found > HASH_BYTES or self._hash(goods.name, found) == goods.sha256

    def _size(self, name: str) -> int | None:
        return self._stat(self._path(safe(name)))

    def _stat(self, path: str) -> int | None:
        """The size of a file, None where there is none."""
        try:
            return int(self._sftp.stat(path).st_size or 0)
        except FileNotFoundError:
            return None

    def _hash(self, name: str, size: int) -> str:
        seen = hashlib.sha256()
        with self._sftp.open(self._path(name), "rb") as file:
            file.prefetch(size)
            while piece := file.read(_CHUNK):
                seen.update(piece)
        return seen.hexdigest()

    def _make_folder(self, name: str) -> None:
        folder = str(PurePosixPath(self._path(name)).parent)
        if folder == str(self._server.folder):
            return
        try:
            self._sftp.stat(folder)
        except FileNotFoundError:
            self._sftp.mkdir(folder)

    def _upload(self, goods: Goods) -> str:
        """The file under a name that nobody waits for; where it is."""
        partial = f"{self._path(goods.name)}.{secrets.token_hex(4)}.part"
        with self._sftp.open(partial, "wx") as file:
            file.set_pipelined(True)
            for piece in goods.body:
                file.write(piece)
        written = self._sftp.stat(partial).st_size
        if written != goods.size:
            self._sftp.remove(partial)
            raise TryLater(f"{self._where}：上传的文件不完整（{written}/{goods.size} 字节）")
        return partial

    def _rename(self, partial: str, name: str) -> None:
        """Put the file in its place, over an older one; servers without that extension cannot do the latter."""
        for rename in (self._sftp.posix_rename, self._sftp.rename):
            refusal = self._try_rename(rename, partial, self._path(name))
            if refusal is None:
                return
        with self._harmless("改名"):
            moved = self._stat(partial) is None
            taken = self._size(name) is not None
            if not moved:
                self._sftp.remove(partial)
        if moved:
            raise OutcomeUnknown(f"{self._where}：服务器说不能改名，暂存的文件却不见了，不知道对方有没有收下")
        if taken:
            raise Refused(f"{self._where}：已有内容不同的同名文件 {name}，服务器不让覆盖，请对方移走")
        if isinstance(refusal, PermissionError):
            raise CredentialRefused(f"{self._where}：没有权限改名，请对方放开目录 {self._server.folder} 的写权限")
        raise TryLater(f"{self._where}：服务器没有完成改名")

    def _try_rename(self, rename: Any, partial: str, place: str) -> OSError | None:
        """None when done, the refusal when it was clearly refused.

        Raises:
            OutcomeUnknown: the connection went before the answer came.
        """
        try:
            rename(partial, place)
        except TimeoutError:
            refusal = None
        except OSError as error:
            refusal = error if self._is_alive() else None
        except _LOST:
            refusal = None
        else:
            return None
        if refusal is None:
            raise OutcomeUnknown(f"{self._where}：改名时断线，不知道对方有没有收下")
        return refusal

    def _is_alive(self) -> bool:
        transport = self._client.get_transport()
        return transport is not None and transport.is_active() and not self._sftp.get_channel().closed

    @contextmanager
    def _harmless(self, what: str) -> Iterator[None]:
        """Steps after which nothing is delivered yet: whatever goes wrong, they may be done again."""
        try:
            yield
        except FileNotFoundError:
            raise CredentialRefused(
                f"{self._where}：没有目录 {self._server.folder}，请对方建好或改连接里的地址"
            ) from None
        except PermissionError:
            raise CredentialRefused(f"{self._where}：{what}没有权限，请对方放开目录 {self._server.folder}") from None
        except (OSError, *_LOST):
            raise TryLater(f"{self._where}：{what}时断线或出错") from None


def host_key_of(written: str) -> Any:
    """The key of `ssh-ed25519 AAAA…`, with or without the host before it.

    Raises:
        CredentialRefused: it is none.
    """
    pairs = itertools.pairwise(written.split())
    kind, encoded = next((pair for pair in pairs if pair[0].startswith(("ssh-", "ecdsa-"))), ("", ""))
    try:
        return paramiko.PKey.from_type_string(kind, base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, paramiko.SSHException, paramiko.UnknownKeyType):
        raise CredentialRefused("账号连接里的 host_key 读不懂，写成 ssh-ed25519 AAAA… 的一行") from None


def private_key_of(credential: Credential) -> Any:
    """The private key of the connection; None when it enters by password.

    Raises:
        CredentialRefused: it cannot be read. Nothing of it is in the message.
    """
    text = credential.fields.get("private_key", "")
    if not text:
        return None
    for kind in _KINDS:
        try:
            return kind.from_private_key(StringIO(text), password=credential.fields.get("passphrase") or None)
        except (ValueError, paramiko.SSHException, IndexError):
            continue  # Another kind of key.
    raise CredentialRefused("账号连接里的 private_key 读不懂，或 passphrase 不对")
