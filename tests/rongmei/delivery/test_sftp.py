"""SFTP, against a server in this process: known servers only, whole files only, and outcomes that are told apart."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import paramiko
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paramiko.sftp import CMD_EXTENDED, CMD_RENAME, SFTP_FAILURE, SFTP_OP_UNSUPPORTED

from rongmei.delivery import open_target
from rongmei.delivery import sftp as sftp_module
from rongmei.delivery.sftp import host_key_of
from rongmei.errors import BadInput, CredentialRefused, OutcomeUnknown, Refused, TryLater

pytestmark = pytest.mark.net
NAME = "rongmei-story-17-v1-rm1.json"
PASSWORD = "sftp-password-0123"


def new_key(passphrase: str | None = None) -> tuple[paramiko.PKey, str]:
    """A key pair, and the private one as OpenSSH writes it."""
    lock = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    text = (
        Ed25519PrivateKey.generate()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, lock)
        .decode()
    )
    return paramiko.Ed25519Key.from_private_key(StringIO(text), password=passphrase), text


@dataclass
class Behaviour:
    """What the server does, to be changed by a test."""

    root: Path
    user_key: paramiko.PKey
    renames: list[str] = field(default_factory=list)
    posix_rename: bool = True
    refuse_rename: bool = False
    hang_up: str = ""
    """`before` or `after` a rename."""
    lies: bool = False
    """Renames and says that it did not."""
    refuse_writing: bool = False
    swallow: bool = False
    """Loses what is written, as a full disk does that says nothing."""


class Entrance(paramiko.ServerInterface):
    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour

    def check_auth_password(self, username, password):
        good = (username, password) == ("rongmei", PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username, key):
        good = username == "rongmei" and key == self.behaviour.user_key
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class Handle(paramiko.SFTPHandle):
    swallows = False

    def write(self, offset, data):
        return paramiko.SFTP_OK if self.swallows else super().write(offset, data)

    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Files(paramiko.SFTPServerInterface):
    """The root folder over SFTP, with the faults that a test asks for."""

    def __init__(self, server: Entrance, *_: object) -> None:
        self.behaviour = server.behaviour

    def _local(self, path: str) -> Path:
        return self.behaviour.root / os.path.normpath("/" + path).lstrip("/")

    def _try(self, act) -> int:
        try:
            act()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK

    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(self._local(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def mkdir(self, path, attr):
        return self._try(self._local(path).mkdir)

    def remove(self, path):
        return self._try(self._local(path).unlink)

    def open(self, path, flags, attr):
        writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
        if writes and self.behaviour.refuse_writing:
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            descriptor = os.open(self._local(path), flags, 0o644)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        handle = Handle(flags)
        handle.swallows = self.behaviour.swallow
        file = os.fdopen(descriptor, "wb" if writes else "rb")
        handle.filename, handle.readfile, handle.writefile = str(path), file, file
        return handle

    def rename(self, oldpath, newpath):
        self.behaviour.renames.append("rename")
        if self.behaviour.refuse_rename or self._local(newpath).exists():
            return SFTP_FAILURE
        return self._try(lambda: self._local(oldpath).rename(self._local(newpath)))

    def posix_rename(self, oldpath, newpath):
        self.behaviour.renames.append("posix_rename")
        if not self.behaviour.posix_rename:
            return SFTP_OP_UNSUPPORTED
        if self.behaviour.refuse_rename:
            return SFTP_FAILURE
        outcome = self._try(lambda: self._local(oldpath).replace(self._local(newpath)))
        return SFTP_FAILURE if self.behaviour.lies else outcome


class Subsystem(paramiko.SFTPServer):
    """Hangs up around a rename when it is told to."""

    def __init__(self, channel, name, server, sftp_si) -> None:
        self.behaviour = server.behaviour
        super().__init__(channel, name, server, sftp_si)

    def _process(self, kind, request_number, message):
        renames = kind in (CMD_RENAME, CMD_EXTENDED)
        if not (renames and self.behaviour.hang_up == "before"):
            super()._process(kind, request_number, message)
        if renames and self.behaviour.hang_up:
            self.sock.get_transport().close()

    def _send_status(self, request_number, code, desc=None):
        if not (self.behaviour.hang_up and self.behaviour.renames):
            super()._send_status(request_number, code, desc)


@dataclass
class Server:
    behaviour: Behaviour
    port: int
    host_key: str
    user_key: str

    @property
    def inbox(self) -> Path:
        return self.behaviour.root / "in"

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.inbox)) for path in self.inbox.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def keys():
    host, _ = new_key()
    user, user_text = new_key()
    return host, user, user_text


@pytest.fixture
def server(tmp_path, keys):
    host, user, user_text = keys
    (tmp_path / "in").mkdir()
    behaviour = Behaviour(tmp_path, user)
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                transport = paramiko.Transport(connection)
                transports.append(transport)
                transport.add_server_key(host)
                transport.set_subsystem_handler("sftp", Subsystem, Files)
                with contextlib.suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=Entrance(behaviour))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield Server(behaviour, listener.getsockname()[1], f"{host.get_name()} {host.get_base64()}", user_text)
    # Closing alone does not wake a thread that waits in accept.
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for transport in transports:
        transport.close()
    thread.join(5)


@pytest.fixture
def connect(server, line):
    def make(folder: str = "/in", **fields: str):
        known = {"username": "rongmei", "password": PASSWORD, "host_key": server.host_key}
        chosen = {name: value for name, value in {**known, **fields}.items() if value}
        return open_target(line(f"sftp://127.0.0.1:{server.port}{folder}", **chosen))

    return make


def test_a_file_and_its_receipt(server, connect, goods):
    with connect() as target:
        receipt = target.deliver(goods(data=b"{1}"), key="rm1")
    assert server.files() == [NAME]
    assert (server.inbox / NAME).read_bytes() == b"{1}"
    assert (receipt.size, receipt.address) == (3, f"sftp://127.0.0.1:{server.port}/in/{NAME}")
    assert server.behaviour.renames == ["posix_rename"]


def test_the_same_again_changes_nothing(server, connect, goods):
    for _ in range(2):
        with connect() as target:
            target.deliver(goods(), key="rm1")
    assert server.behaviour.renames == ["posix_rename"]
    with connect() as target:
        target.deliver(goods(data=b"[]"), key="rm1")
    assert (server.inbox / NAME).read_bytes() == b"[]"


def test_media_lie_beside(server, connect, goods):
    with connect() as target:
        target.lay(goods("media/0a.jpg", b"x" * 200_000))
        target.lay(goods("media/0b.jpg", b"y"))
    assert server.files() == ["media/0a.jpg", "media/0b.jpg"]
    assert (server.inbox / "media" / "0a.jpg").stat().st_size == 200_000


def test_looking(server, connect, goods):
    one = goods(data=b"z" * 100_000)
    with connect() as target:
        assert target.look(NAME, one.size, one.sha256) == "absent"
        target.deliver(one, key="rm1")
        assert target.look(NAME, one.size, one.sha256) == target.look(NAME) == "there"
        assert target.look(NAME, 1, one.sha256) == target.look(NAME, one.size, "0" * 64) == "different"
        with pytest.raises(BadInput):
            target.look("../x")


def test_large_files_are_known_by_size(connect, goods, monkeypatch):
    monkeypatch.setattr(sftp_module, "HASH_BYTES", 1)
    with connect() as target:
        target.deliver(goods(), key="rm1")
        assert target.look(NAME, 2, "0" * 64) == "there"


def test_entering_by_key(server, connect, goods):
    with connect(password="", private_key=server.user_key) as target:
        target.deliver(goods(), key="rm1")
    assert server.files() == [NAME]


def test_entering_by_a_locked_key(server, connect, goods):
    server.behaviour.user_key, text = new_key("open sesame")
    with connect(password="", private_key=text, passphrase="open sesame") as target:
        target.deliver(goods(), key="rm1")
    for passphrase in ("wrong one", ""):
        with pytest.raises(CredentialRefused, match="passphrase") as caught:
            connect(password="", private_key=text, passphrase=passphrase).__enter__()
        assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"password": "wrong-password"}, "用户名"),
        ({"username": "nobody"}, "用户名"),
        ({"username": ""}, "username"),
        ({"password": ""}, "password"),
        ({"host_key": "ssh-ed25519 !!!"}, "host_key"),
        ({"host_key": "nonsense"}, "host_key"),
        ({"private_key": "nonsense"}, "private_key"),
    ],
)
def test_connections_that_a_person_must_mend(connect, fields, word):
    with pytest.raises(CredentialRefused, match=word) as caught:
        connect(**fields).__enter__()
    assert PASSWORD not in str(caught.value)
    assert "wrong-password" not in str(caught.value)


def test_a_server_whose_key_changed_is_not_told_who_we_are(connect):
    other, _ = new_key()
    with pytest.raises(CredentialRefused, match="冒充"):
        connect(host_key=f"{other.get_name()} {other.get_base64()}").__enter__()


def test_a_server_nobody_knows_is_not_told_either(connect, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(CredentialRefused, match="host_key"):
        connect(host_key="").__enter__()


def test_known_hosts_will_do(server, connect, goods, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
    with connect(host_key="") as target:
        target.deliver(goods(), key="rm1")
    assert server.files() == [NAME]


def test_nobody_listens(line):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    host_key, _ = new_key()
    key = f"{host_key.get_name()} {host_key.get_base64()}"
    with pytest.raises(TryLater, match="连不上"):
        open_target(
            line(f"sftp://127.0.0.1:{port}/in", username="rongmei", password=PASSWORD, host_key=key)
        ).__enter__()


def test_a_folder_that_is_not_there_is_not_made(server, connect, goods):
    with connect("/none") as target:
        with pytest.raises(CredentialRefused, match="目录"):
            target.deliver(goods(), key="rm1")
        with pytest.raises(CredentialRefused, match="目录"):
            target.look(NAME)
    assert not (server.behaviour.root / "none").exists()


def test_no_permission(server, connect, goods):
    server.behaviour.refuse_writing = True
    with connect() as target, pytest.raises(CredentialRefused, match="权限"):
        target.deliver(goods(), key="rm1")


def test_half_a_file_is_never_seen(server, connect, goods):
    server.behaviour.swallow = True
    with connect() as target, pytest.raises(TryLater, match="不完整"):
        target.deliver(goods(), key="rm1")
    assert server.files() == []
    assert server.behaviour.renames == []


def test_servers_without_the_extension(server, connect, goods):
    server.behaviour.posix_rename = False
    with connect() as target:
        target.deliver(goods(), key="rm1")
        assert server.behaviour.renames == ["posix_rename", "rename"]
        with pytest.raises(Refused, match="同名"):
            target.deliver(goods(data=b"[]"), key="rm1")
    assert server.files() == [NAME]
    assert (server.inbox / NAME).read_bytes() == b"{}"


def test_a_clear_refusal_of_the_rename(server, connect, goods):
    server.behaviour.refuse_rename = True
    with connect() as target, pytest.raises(TryLater, match="改名"):
        target.deliver(goods(), key="rm1")
    assert server.files() == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_line_that_breaks_at_the_rename(server, connect, goods, moment):
    server.behaviour.hang_up = moment
    one = goods()
    with connect() as target, pytest.raises(OutcomeUnknown):
        target.deliver(one, key="rm1")
    server.behaviour.hang_up = ""
    with connect() as target:
        expected = "there" if moment == "after" else "absent"
        assert target.look(NAME, one.size, one.sha256) == expected


def test_a_server_that_says_no_and_does_it(server, connect, goods):
    server.behaviour.lies = True
    one = goods()
    with connect() as target:
        with pytest.raises(OutcomeUnknown):
            target.deliver(one, key="rm1")
        assert target.look(NAME, one.size, one.sha256) == "there"


def test_media_whose_rename_broke_are_laid_again(server, connect, goods):
    server.behaviour.hang_up = "before"
    with connect() as target, pytest.raises(TryLater):
        target.lay(goods("media/0a.jpg"))
    server.behaviour.hang_up = ""
    with connect() as target:
        target.lay(goods("media/0a.jpg"))
    assert "media/0a.jpg" in server.files()


def test_nothing_secret_is_logged(server, connect, goods, caplog):
    caplog.set_level(logging.DEBUG)
    with connect() as target:
        target.deliver(goods(), key="rm1")
    assert PASSWORD not in caplog.text


def test_host_keys_as_people_paste_them(keys):
    host, _, _ = keys
    line = f"{host.get_name()} {host.get_base64()}"
    assert host_key_of(line) == host_key_of(f"sftp.example {line}") == host_key_of(f"{line} root@sftp\n") == host
