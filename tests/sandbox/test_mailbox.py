"""The mail catcher: files as promised, oversize refused, and a real SMTP conversation."""

from __future__ import annotations

import smtplib
import subprocess
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from sandbox.mailbox import MAX_MESSAGE_BYTES, Mailbox, caught, main

NOW = datetime(2026, 6, 5, 10, 0, 0, 123_456, tzinfo=UTC)


def test_one_file_a_recipient(tmp_path: Path) -> None:
    written = Mailbox(tmp_path).keep("desk@a.example", ["一@b.example", "../x@c.example"], b"Subject: hi\r\n\r\nx", NOW)
    assert [path.name for path in written] == [
        "20260605T100000.123Z-000001-一@b.example.eml",
        "20260605T100000.123Z-000001-.._x@c.example.eml",
    ]
    assert all(path.parent == tmp_path for path in written)
    mails = caught(tmp_path)
    assert {mail.recipient for mail in mails} == {"一@b.example", "../x@c.example"}
    assert {(mail.sender, mail.subject) for mail in mails} == {("desk@a.example", "hi")}
    assert mails[0].received_at == NOW.replace(microsecond=123_000)


def test_the_sequence_goes_on_after_a_restart(tmp_path: Path) -> None:
    Mailbox(tmp_path).keep("a@a", ["b@b"], b"\r\n", NOW)
    path = Mailbox(tmp_path).keep("a@a", ["b@b"], b"\r\n", NOW)[0]
    assert "-000002-" in path.name


def test_an_envelope_cannot_write_headers(tmp_path: Path) -> None:
    path = Mailbox(tmp_path).keep("a@a\r\nX-Evil: 1", ["b@b"], b"Subject: s\r\n\r\n", NOW)[0]
    assert not any(line.startswith(b"X-Evil") for line in path.read_bytes().splitlines())


def test_listing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--dir", str(tmp_path / "none")]) == 0
    Mailbox(tmp_path).keep("a@a", ["b@b"], b"Subject: =?utf-8?b?5pel5oql?=\r\n\r\n", NOW)
    main(["list", "--dir", str(tmp_path)])
    assert capsys.readouterr().out.split("\t")[:3] == ["2026-06-05T10:00:00Z", "b@b", "日报"]


@pytest.mark.net
def test_over_smtp(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.mailbox", "--smtp-port", "0", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("mailbox: smtp://127.0.0.1:")
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = "desk@a.example", "lead@b.example", "每日简报"
            message.set_content("今日无事。")
            with smtplib.SMTP("127.0.0.1", int(line.rsplit(":", 1)[1]), timeout=10) as client:
                client.send_message(message)
                with pytest.raises(smtplib.SMTPSenderRefused):
                    client.sendmail("a@a.example", ["b@b.example"], b"x" * (MAX_MESSAGE_BYTES + 1))
            assert [(mail.recipient, mail.subject) for mail in caught(tmp_path)] == [("lead@b.example", "每日简报")]
            process.terminate()
            assert process.wait(10) == 0
        finally:
            if process.poll() is None:
                process.kill()
