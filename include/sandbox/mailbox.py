"""A local mail catcher: an SMTP server that keeps each message as a file instead of delivering it.

``python -m sandbox.mailbox --smtp-port 0 --dir DIR`` listens and prints ``mailbox: smtp://HOST:PORT``;
``python -m sandbox.mailbox list --dir DIR`` lists what came. A message to several recipients is one file for each,
named ``<UTC timestamp>-<sequence>-<recipient>.eml`` with the same timestamp and sequence; the envelope is kept in the
headers ``X-MailFrom`` and ``X-RcptTo``.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_MESSAGE_BYTES = 30 * 1024 * 1024
_NAME = re.compile(r"^(\d{8}T\d{6}\.\d{3}Z)-(\d{6})-(.+)\.eml$")


@dataclass(frozen=True)
class Caught:
    """One message as it lies in the directory."""

    path: Path
    recipient: str
    sender: str
    subject: str
    received_at: datetime


class Mailbox:
    """aiosmtpd's handler: writes what it is given, whole or not at all."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._sequence = max((int(match[2]) for match in _names(directory)), default=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """aiosmtpd calls this with a complete message."""
        content = envelope.content or b""
        data = content if isinstance(content, bytes) else content.encode()
        self.keep(envelope.mail_from or "", list(envelope.rcpt_tos), data, datetime.now(UTC))
        return "250 Message accepted for delivery"

    def keep(self, sender: str, recipients: Sequence[str], data: bytes, now: datetime) -> list[Path]:
        """Write one file a recipient; the files' paths."""
        self._sequence += 1
        stamp = now.strftime("%Y%m%dT%H%M%S.") + f"{now.microsecond // 1000:03d}Z"
        written = []
        for recipient in recipients:
            path = self._directory / f"{stamp}-{self._sequence:06d}-{_safe(recipient)}.eml"
            envelope = f"X-MailFrom: {_line(sender)}\r\nX-RcptTo: {_line(recipient)}\r\n".encode()
            partial = path.with_suffix(".partial")
            partial.write_bytes(envelope + data)
            partial.replace(path)
            written.append(path)
        return written


def caught(directory: Path) -> list[Caught]:
    """The messages in a directory, oldest first."""
    found = []
    for match in sorted(_names(directory), key=lambda match: match[0]):
        path = directory / match[0]
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        found.append(
            Caught(
                path=path,
                recipient=str(message["X-RcptTo"] or match[3]),
                sender=str(message["X-MailFrom"] or ""),
                subject=str(message["Subject"] or ""),
                received_at=datetime.strptime(match[1], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC),
            )
        )
    return found


async def serve(directory: Path, host: str, port: int) -> None:
    """Listen until SIGTERM or SIGINT. Port 0 takes a free one."""
    loop = asyncio.get_running_loop()
    mailbox = Mailbox(directory)
    listener = await loop.create_server(
        lambda: SMTP(mailbox, data_size_limit=MAX_MESSAGE_BYTES, enable_SMTPUTF8=True, loop=loop), host, port
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    sys.stdout.write(f"mailbox: smtp://{shown}:{listener.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await stop.wait()
    listener.close()


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["list"]:
        return _list(given[1:])
    parser = argparse.ArgumentParser(prog="python -m sandbox.mailbox", description="Catch mail in a directory.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=8625, help="0 takes a free port")
    parser.add_argument("--dir", type=Path, required=True)
    options = parser.parse_args(given)
    asyncio.run(serve(options.dir, options.host, options.smtp_port))
    return 0


def _list(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.mailbox list")
    parser.add_argument("--dir", type=Path, required=True)
    options = parser.parse_args(arguments)
    for mail in caught(options.dir):
        when = mail.received_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        sys.stdout.write(f"{when}\t{mail.recipient}\t{mail.subject}\t{mail.path.name}\n")
    return 0


def _names(directory: Path) -> list[re.Match[str]]:
    if not directory.is_dir():
        return []
    return [match for path in directory.iterdir() if (match := _NAME.match(path.name))]


def _safe(recipient: str) -> str:
    return re.sub(r"[^\w.@+-]", "_", recipient)[:120] or "nobody"


def _line(value: str) -> str:
    return value.replace("\r", "").replace("\n", "")


if __name__ == "__main__":
    sys.exit(main())
