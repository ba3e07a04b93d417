"""The outbox: every mail is a row in the ledger before it is sent, claimed before a byte leaves, and sent once.

    pending → sending → sent | failed | unknown | pending (the server clearly did not take it)
    unknown → pending | sent, by a person only

A crash between claim and verdict leaves `sending`; after `stale_after` that is `unknown`, never sent again blindly.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rongmei.clock import local
from rongmei.errors import BadInput, CredentialRefused, OutcomeUnknown, Refused, TryLater, WrongState
from rongmei.ledger import Edition, Ledger, Mail
from rongmei.mail.compose import WIRE, address, one_line
from rongmei.mail.transport import NotConnected, Transport

STALE_AFTER = timedelta(minutes=10)
REHEARSAL_MARK = "【彩排】"
MAX_KEY = 200
MAX_STORED_SUBJECT = 300


@dataclass(frozen=True)
class DeliverySummary:
    """How the mails concerned stand after a delivery; `pending` also counts those another process is sending."""

    sent: int = 0
    pending: int = 0
    failed: int = 0
    unknown: int = 0


def queue(
    session: Session,
    *,
    key: str,
    recipient: str,
    message: EmailMessage,
    edition_id: int | None = None,
    now: datetime,
) -> bool:
    """Put `message` for `recipient` into the outbox; False, and nothing changed, when `key` is known already.

    The Message-ID is derived from the key, so that a mail server or reader that sees the message twice can tell.
    The mails of a rehearsal carry 【彩排】 before their subject.

    Args:
        key: names the occasion and the person, e.g. `report:cunchao/2026-06-06:lin-chu`.
        recipient: an address, with or without a name.
        message: left as it is; the outbox keeps a copy.

    Raises:
        BadInput: `recipient` is no address, or `key` is too long.
    """
    if len(key) > MAX_KEY:
        raise BadInput(f"邮件的 key 长 {len(key)} 个字符，最多 {MAX_KEY} 个", where=one_line(key, 80))
    if _find(session, key) is not None:
        return False
    copy = _copy(message.as_bytes(policy=WIRE))
    message_id = f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@rongmei>"
    subject = _marked(session, str(message["Subject"] or ""), edition_id)
    for header, value in (("Message-ID", message_id), ("Subject", subject), ("Date", format_datetime(local(now)))):
        del copy[header]
        copy[header] = value
    mail = Mail(
        key=key,
        edition_id=edition_id,
        recipient=address(recipient, "收件人").addr_spec,
        subject=subject[:MAX_STORED_SUBJECT],
        message_id=message_id,
        message=copy.as_bytes(policy=WIRE),
        state="pending",
        attempts=0,
        queued_at=now,
    )
    try:
        with session.begin_nested():
            session.add(mail)
    except IntegrityError:
        # Another process queued the same occasion between the look and the insert.
        if _find(session, key) is None:
            raise
        return False
    return True


def deliver(
    ledger: Ledger,
    transport: Transport,
    *,
    keys: Sequence[str] | None = None,
    clock: Callable[[], datetime],
    stale_after: timedelta = STALE_AFTER,
) -> DeliverySummary:
    """Send what is pending, oldest first, each message at most once however many processes deliver.

    Args:
        keys: the mails concerned; None means every one that is not settled yet.
        clock: the present moment, aware.

    Raises:
        CredentialRefused: the server takes nothing from us; the messages stay pending.
    """
    _give_up_on_stale(ledger, keys, clock() - stale_after)
    with ledger.read() as session:
        chosen = select(Mail.id, Mail.state).order_by(Mail.id)
        chosen = chosen.where(Mail.state.in_(("pending", "sending")) if keys is None else Mail.key.in_(keys))
        rows = session.execute(chosen).tuples().all()
    for mail_id, state in rows:
        if state == "pending" and not _deliver_one(ledger, transport, mail_id, clock):
            break
    with ledger.read() as session:
        states = Counter(session.scalars(select(Mail.state).where(Mail.id.in_([mail_id for mail_id, _ in rows]))))
    return DeliverySummary(
        sent=states["sent"],
        pending=states["pending"] + states["sending"],
        failed=states["failed"],
        unknown=states["unknown"],
    )


def retry_unknown(ledger: Ledger, key: str) -> None:
    """A person decided to send a mail of unknown outcome once more: it is pending again.

    Raises:
        BadInput: there is no such mail.
        WrongState: its outcome is not unknown.
    """
    _settle_by_hand(ledger, key, state="pending")


def confirm_sent(ledger: Ledger, key: str, *, now: datetime) -> None:
    """A person saw a mail of unknown outcome in the recipient's mailbox: it is sent.

    Raises:
        BadInput: there is no such mail.
        WrongState: its outcome is not unknown.
    """
    _settle_by_hand(ledger, key, state="sent", sent_at=now)


def _settle_by_hand(ledger: Ledger, key: str, **changes: Any) -> None:
    with ledger.begin() as session:
        mail = _find(session, key)
        if mail is None:
            raise BadInput("发件箱里没有这封邮件", where=one_line(key, 80), mend="核对邮件的 key")
        if not _change(session, Mail.id == mail.id, Mail.state == "unknown", claimed_at=None, **changes):
            raise WrongState(f"邮件 {one_line(key, 80)} 的状态是 {mail.state}，不是 unknown，不能人工处理")


def _find(session: Session, key: str) -> Mail | None:
    return session.scalar(select(Mail).where(Mail.key == key))


def _copy(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=WIRE)


def _marked(session: Session, subject: str, edition_id: int | None) -> str:
    edition = session.get(Edition, edition_id) if edition_id is not None else None
    if edition is None or not edition.rehearsal or subject.startswith(REHEARSAL_MARK):
        return subject
    return REHEARSAL_MARK + subject


def _change(session: Session, *where: Any, **changes: Any) -> int:
    statement = update(Mail).where(*where).values(**changes).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _give_up_on_stale(ledger: Ledger, keys: Sequence[str] | None, before: datetime) -> None:
    named = () if keys is None else (Mail.key.in_(keys),)
    why = "发送途中程序中断，不知道对方收没收到"
    with ledger.begin() as session:
        stale = (Mail.state == "sending", Mail.claimed_at < before)
        _change(session, *stale, *named, state="unknown", last_error=why)


def _deliver_one(ledger: Ledger, transport: Transport, mail_id: int, clock: Callable[[], datetime]) -> bool:
    """Send one message; False when the server is away and the rest need not be tried."""
    claim = _claim(ledger, mail_id, clock())
    if claim is None:
        return True
    message, recipient, attempt = claim
    try:
        transport.send(message, recipient)
    except CredentialRefused as error:
        _finish(ledger, mail_id, attempt, state="pending", last_error=str(error))
        raise
    except NotConnected as error:
        _finish(ledger, mail_id, attempt, state="pending", last_error=str(error))
        return False
    except TryLater as error:
        _finish(ledger, mail_id, attempt, state="pending", last_error=str(error))
    except (Refused, BadInput) as error:
        _finish(ledger, mail_id, attempt, state="failed", last_error=str(error))
    except OutcomeUnknown as error:
        _finish(ledger, mail_id, attempt, state="unknown", last_error=str(error))
    else:
        _finish(ledger, mail_id, attempt, state="sent", last_error=None, sent_at=clock())
    return True


def _claim(ledger: Ledger, mail_id: int, now: datetime) -> tuple[EmailMessage, str, int] | None:
    """The message, its recipient and the number of this attempt; None when another process has it."""
    with ledger.begin() as session:
        taken = _change(
            session,
            Mail.id == mail_id,
            Mail.state == "pending",
            state="sending",
            claimed_at=now,
            attempts=Mail.attempts + 1,
        )
        if not taken:
            return None
        mail = session.get_one(Mail, mail_id)
        return _copy(mail.message), mail.recipient, mail.attempts


def _finish(ledger: Ledger, mail_id: int, attempt: int, **changes: Any) -> None:
    """Write the verdict of our own attempt.

    A sweep may meanwhile have called a slow attempt `unknown`; who made it knows better. A later attempt is not ours.
    """
    with ledger.begin() as session:
        ours = (Mail.id == mail_id, Mail.attempts == attempt, Mail.state.in_(("sending", "unknown")))
        if not _change(session, *ours, **changes):
            raise WrongState(f"邮件 #{mail_id} 的第 {attempt} 次发送已被别处改动")
