"""Against a real SMTP server (aiosmtpd) on the loopback interface, and sockets that misbehave."""

import socket
import threading
from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from rongmei.errors import BadInput, CredentialRefused, OutcomeUnknown, Refused, TryLater
from rongmei.ledger import Mail
from rongmei.mail import DeliverySummary, NotConnected, SmtpTransport, deliver, message, queue

SECRET = "p@ss-word-3141"
net = pytest.mark.net


class Mailbox:
    """An aiosmtpd handler that keeps what it takes, and answers as told."""

    def __init__(self, *, rcpt: str = "250 OK", data: str = "250 OK", drop_after_data: bool = False) -> None:
        self.rcpt, self.data, self.drop_after_data = rcpt, data, drop_after_data
        self.envelopes = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data.startswith("250"):
            self.envelopes.append(envelope)
        if self.drop_after_data:
            server.transport.abort()
        return self.data


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(mailbox: Mailbox, port: int | None = None, **options):
    controller = Controller(mailbox, hostname="127.0.0.1", port=port or free_port(), **options)
    controller.start()
    try:
        yield SmtpTransport("127.0.0.1", controller.port, tls="none", timeout=5)
    finally:
        controller.stop(no_assert=True)


@contextmanager
def talking(*lines: bytes | None):
    """A server that says each line after one read of the client's, the first at once; None hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            for number, line in enumerate(lines):
                if number:
                    connection.recv(65536)
                if line is None:
                    return
                connection.sendall(line)
            connection.recv(65536)

    worker = threading.Thread(target=serve, daemon=True)
    worker.start()
    try:
        yield SmtpTransport("127.0.0.1", listener.getsockname()[1], tls="none", timeout=1)
    finally:
        listener.close()
        worker.join(timeout=5)


def a_mail(text: str = "正文"):
    return message("村超简报", "<p>正文</p>", text, sender="融媒 <desk@example.com>", to="lin@example.com")


@net
def test_a_message_arrives_as_it_was_sent():
    mailbox = Mailbox()
    with serving(mailbox) as transport:
        transport.send(a_mail(), "lin@example.com")
    (envelope,) = mailbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("desk@example.com", ["lin@example.com"])
    assert envelope.content == a_mail().as_bytes()


@net
def test_lines_of_dots_arrive_unharmed():
    mailbox = Mailbox()
    mail = a_mail("one\n.\n..two\nRSET\n.")
    with serving(mailbox) as transport:
        transport.send(mail, "lin@example.com")
    assert mailbox.envelopes[0].content == mail.as_bytes()


@net
@pytest.mark.parametrize(
    ("mailbox", "error"),
    [
        (Mailbox(rcpt="550 no such user"), Refused),
        (Mailbox(rcpt="450 greylisted"), TryLater),
        (Mailbox(rcpt="421 going down"), NotConnected),
        (Mailbox(data="554 looks like spam"), Refused),
        (Mailbox(data="452 disk full"), TryLater),
        (Mailbox(drop_after_data=True), OutcomeUnknown),
    ],
)
def test_each_answer_becomes_the_error_it_stands_for(mailbox, error):
    with serving(mailbox) as transport, pytest.raises(error) as caught:
        transport.send(a_mail(), "lin@example.com")
    assert type(caught.value) is error


@net
def test_nobody_listening_is_not_connected():
    with pytest.raises(NotConnected, match="连不上邮件服务器"):
        SmtpTransport("127.0.0.1", free_port(), tls="none", timeout=2).send(a_mail(), "lin@example.com")


HELLO = (b"220 hi\r\n", b"250 hi\r\n")


@net
@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ((b"554 go away\r\n",), NotConnected),
        ((None,), NotConnected),
        ((b"this is no SMTP\r\n",), NotConnected),
        ((*HELLO, None), NotConnected),
        ((*HELLO, b"553 not your address\r\n"), CredentialRefused),
        ((*HELLO, b"552 too big\r\n"), Refused),
        ((*HELLO, b"451 later\r\n"), TryLater),
        ((*HELLO, b"250 ok\r\n", None), NotConnected),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", None), NotConnected),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"451 no\r\n"), TryLater),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", None), OutcomeUnknown),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"), OutcomeUnknown),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"rubbish\r\n"), OutcomeUnknown),
    ],
    ids=[
        "not serving", "hangs up at once", "no SMTP", "lost before MAIL", "sender refused", "too large", "busy",
        "lost at RCPT", "lost at DATA", "DATA put off", "lost in the text", "silent after the text", "nonsense verdict",
    ],
)  # fmt: skip
def test_the_moment_of_the_trouble_decides(lines, error):
    with talking(*lines) as transport, pytest.raises(error) as caught:
        transport.send(a_mail(), "lin@example.com")
    assert type(caught.value) is error


@net
@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
@pytest.mark.parametrize("password", [SECRET, "other"])
def test_a_refused_login_never_shows_the_password(password):
    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == SECRET.encode(), handled=False)

    options = {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    mailbox = Mailbox()
    with serving(mailbox, **options) as open_door:
        transport = SmtpTransport(open_door.host, open_door.port, "desk", password, tls="none", timeout=5)
        assert password not in repr(transport)
        if password == SECRET:
            transport.send(a_mail(), "lin@example.com")
            assert len(mailbox.envelopes) == 1
            return
        with pytest.raises(CredentialRefused, match="535") as caught:
            transport.send(a_mail(), "lin@example.com")
    assert password not in str(caught.value)
    assert caught.value.__suppress_context__


@net
def test_starttls_is_demanded_where_it_is_asked_for():
    with serving(Mailbox()) as plain, pytest.raises(CredentialRefused, match="STARTTLS"):
        SmtpTransport(plain.host, plain.port, tls="starttls", timeout=5).send(a_mail(), "lin@example.com")


@net
def test_a_report_outlives_a_server_that_is_down_and_is_sent_once(ledger, now):
    port = free_port()
    transport = SmtpTransport("127.0.0.1", port, tls="none", timeout=2)
    with ledger.begin() as session:
        queue(session, key="report:x:lin", recipient="lin@example.com", message=a_mail(), now=now)
    for _ in range(2):
        assert deliver(ledger, transport, clock=lambda: now) == DeliverySummary(pending=1)
    mailbox = Mailbox()
    with serving(mailbox, port):
        assert deliver(ledger, transport, clock=lambda: now) == DeliverySummary(sent=1)
        assert deliver(ledger, transport, keys=["report:x:lin"], clock=lambda: now) == DeliverySummary(sent=1)
    assert len(mailbox.envelopes) == 1
    with ledger.read() as session:
        assert session.query(Mail).one().attempts == 3


@net
def test_a_server_that_drops_after_the_text_is_never_asked_again(ledger, now):
    mailbox = Mailbox(drop_after_data=True)
    with ledger.begin() as session:
        queue(session, key="report:x:lin", recipient="lin@example.com", message=a_mail(), now=now)
    with serving(mailbox) as transport:
        for _ in range(2):
            keys = ["report:x:lin"]
            assert deliver(ledger, transport, keys=keys, clock=lambda: now) == DeliverySummary(unknown=1)
    assert len(mailbox.envelopes) == 1


def test_a_malformed_recipient_reaches_no_server():
    with pytest.raises(BadInput):
        SmtpTransport("127.0.0.1", 1).send(a_mail(), "lin@example.com>\r\nRCPT TO:<x@example.com")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1:8025", ("127.0.0.1", 8025, None, None, "none")),
        ("smtp://localhost", ("localhost", 25, None, None, "none")),
        ("smtp://u:p%40w@mail.example.com", ("mail.example.com", 587, "u", "p@w", "starttls")),
        ("smtp://u:p@127.0.0.1:25", ("127.0.0.1", 25, "u", "p", "none")),
        ("smtp://u:p@mail.example.com?tls=none", ("mail.example.com", 25, "u", "p", "none")),
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, "u", "p", "ssl")),
    ],
)
def test_a_server_by_address(url, expected):
    one = SmtpTransport.from_url(url)
    assert (one.host, one.port, one.user, one.password, one.tls) == expected


@pytest.mark.parametrize("url", ["http://u:secret@x", "smtp://", "smtp://u:secret@h:port", "smtp://u:secret@h?tls=x"])
def test_a_wrong_address_is_refused_without_being_quoted(url):
    with pytest.raises(BadInput) as caught:
        SmtpTransport.from_url(url)
    assert "secret" not in str(caught.value)
