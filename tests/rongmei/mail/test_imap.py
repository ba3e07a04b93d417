"""The IMAP client against a small server on the loopback interface that speaks RFC 3501 as far as is needed."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from rongmei.errors import BadInput, CredentialRefused, TryLater
from rongmei.mail.imap import ImapMailbox
from rongmei.mail.transport import NotConnected

SECRET = "p@ss-word-2718"


def mail(n: int, extra: str = "") -> bytes:
    return f"From: out{n}@example.com\r\nSubject: no {n}\r\nMessage-ID: <{n}@x>\r\n{extra}\r\n正文 {n}\r\n".encode()


class Server:
    """Its state, and how it may misbehave."""

    def __init__(self, *mails: bytes, keywords: bool = True, needs_id: bool = False, hang_up_at: str = "") -> None:
        self.mails = dict(enumerate(mails, start=11))
        self.flags: dict[int, set[str]] = {uid: set() for uid in self.mails}
        self.keywords, self.needs_id, self.hang_up_at = keywords, needs_id, hang_up_at
        self.sizes: dict[int, int] = {}
        self.heard: list[str] = []


class Handler(socketserver.StreamRequestHandler):
    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        state: Server = self.server.state
        known = False
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, rest = line.partition(" ")
            state.heard.append(rest)
            command = rest.upper()
            if state.hang_up_at and command.startswith(state.hang_up_at):
                return
            if command.startswith("CAPABILITY"):
                self.say("* CAPABILITY IMAP4rev1 ID")
            elif command.startswith("LOGIN") and SECRET not in rest:
                self.say(f"{tag} NO wrong: {rest}")
                continue
            elif command.startswith("ID "):
                known = True
                self.say("* ID NIL")
            elif command.startswith("SELECT"):
                if '"INBOX"' not in command or (state.needs_id and not known):
                    self.say(f"{tag} NO Unsafe Login")
                    continue
                kept = "\\Seen \\*" if state.keywords else "\\Seen"
                self.say(f"* {len(state.mails)} EXISTS")
                self.say(f"* OK [PERMANENTFLAGS ({kept})] kept")
            elif command.startswith("UID"):
                self.uid(state, rest.split(" ", 2)[1].upper(), rest.split(" ", 2)[2])
            self.say(f"{tag} OK done")
            if command.startswith("LOGOUT"):
                return

    def uid(self, state: Server, command: str, rest: str) -> None:
        if command == "SEARCH":
            flag = "\\Seen" if rest.startswith("UNSEEN") else rest.split()[1]
            self.say("* SEARCH " + " ".join(str(uid) for uid in reversed(state.mails) if flag not in state.flags[uid]))
            return
        uid = int(rest.split()[0])
        if command == "STORE":
            state.flags[uid].add(re.search(r"\((.*)\)", rest)[1])
        elif "RFC822.SIZE" in rest:
            self.say(f"* 1 FETCH (UID {uid} RFC822.SIZE {state.sizes.get(uid, len(state.mails[uid]))})")
        else:
            body = state.mails[uid]
            if "HEADER" in rest:
                body = body.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            self.wfile.write(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n" % (uid, len(body), body))


@contextmanager
def serving(state: Server) -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.state = True, state
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"imap://desk%40example.com:{SECRET.replace('@', '%40')}@127.0.0.1:{server.server_address[1]}/INBOX"
        finally:
            server.shutdown()
            thread.join()


def box(url: str, **how: Any) -> ImapMailbox:
    return ImapMailbox.from_url(url, where="RONGMEI_IMAP", **how)


@pytest.mark.net
def test_new_mail_comes_oldest_first_and_once_it_is_done_no_more() -> None:
    state = Server(mail(1), mail(2), mail(3), needs_id=True)
    with serving(state) as url:
        with box(url, flag="RongmeiPitches", since=datetime(2026, 6, 6, tzinfo=UTC)) as mailbox:
            got = list(mailbox.messages())
            assert [(m.message_id, m.sender, m.text) for m in got][:1] == [("<1@x>", "out1@example.com", "正文 1")]
            mailbox.done(got[0])
            mailbox.done(got[0])
        with box(url, flag="RongmeiPitches") as mailbox:
            assert [m.message_id for m in mailbox.messages()] == ["<2@x>", "<3@x>"]
        with box(url) as mailbox:
            mailbox.most = 2
            assert [m.message_id for m in mailbox.messages()] == ["<1@x>", "<2@x>"]
    assert state.flags == {11: {"RongmeiPitches"}, 12: set(), 13: set()}, "reading marks nothing by itself"
    said = " ".join(state.heard).upper()
    assert "UNKEYWORD RONGMEIPITCHES SINCE 06-JUN-2026" in said
    assert not any(word in said for word in ("EXPUNGE", "DELETED", "CLOSE", "MOVE", "COPY"))


@pytest.mark.net
def test_a_mail_too_large_comes_with_its_headers_only() -> None:
    state = Server(mail(1))
    state.sizes[11] = 99 * 2**20
    with serving(state) as url, box(url) as mailbox:
        (got,) = mailbox.messages()
    assert (got.subject, got.text) == ("no 1", "")
    assert "整封邮件有 99 MB" in got.problems[0]


@pytest.mark.net
def test_refusals_are_typed_and_never_repeat_the_password() -> None:
    with serving(Server(mail(1), keywords=False)) as url:
        with pytest.raises(CredentialRefused, match="授权码") as refused:
            list(box(url.replace("2718", "0000")).messages())
        with pytest.raises(BadInput, match="自定义标记"):
            list(box(url, flag="Rongmei").messages())
        with pytest.raises(BadInput, match="打不开文件夹“Other”"):
            list(box(url.replace("/INBOX", "/Other")).messages())
        assert len(list(box(url).messages())) == 1
    assert "0000" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.net
@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "UID FETCH"])
def test_a_connection_that_breaks_is_tried_later(command: str) -> None:
    with serving(Server(mail(1), hang_up_at=command)) as url, pytest.raises(NotConnected):
        list(box(url).messages())
    with pytest.raises(TryLater):
        list(box(url).messages())


def test_addresses() -> None:
    mailbox = box("imaps://a%40b.cn:x%2Fy@imap.exmail.qq.com?authserv=mx.us.cn")
    assert (mailbox.host, mailbox.port, mailbox.tls, mailbox.user) == ("imap.exmail.qq.com", 993, "ssl", "a@b.cn")
    assert (mailbox.password, mailbox.folder, mailbox.flag, mailbox.authserv) == ("x/y", "INBOX", "\\Seen", "mx.us.cn")
    assert box("imap://a:b@imap.example").tls == "starttls"
    assert "x/y" not in repr(mailbox)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a:b@c",
        "imaps://c",
        "imaps://a@c",
        f"imaps://a:{SECRET}@c:99999",
        f"imaps://a:{SECRET}@c?tls=maybe",
        f"imaps://a:{SECRET}@c/INBOX?flag=a%20b)",
        f'imaps://a:{SECRET}@c/IN"BOX',
        f"imaps://a:{SECRET}@c/%E6%8A%A5%E9%A2%98",
        f"imaps://a:{SECRET}@c/a%0d%0ab",
    ],
)
def test_addresses_that_cannot_be_used_are_not_quoted(url: str) -> None:
    with pytest.raises(BadInput, match="RONGMEI_IMAP") as refused:
        box(url)
    assert SECRET not in str(refused.value)
