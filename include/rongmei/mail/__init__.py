"""Composes mail, keeps an outbox in the ledger so that each message goes out once, and reads mailboxes."""

from rongmei.mail.compose import message, sender_address
from rongmei.mail.imap import LOOK_BACK, ImapMailbox, Mailbox
from rongmei.mail.outbox import DeliverySummary, confirm_sent, deliver, queue, retry_unknown
from rongmei.mail.received import Attachment, Received, parse_mail, plain_lines
from rongmei.mail.smtp import SmtpTransport
from rongmei.mail.transport import NotConnected, Transport

__all__ = [
    "LOOK_BACK",
    "Attachment",
    "DeliverySummary",
    "ImapMailbox",
    "Mailbox",
    "NotConnected",
    "Received",
    "SmtpTransport",
    "Transport",
    "confirm_sent",
    "deliver",
    "message",
    "parse_mail",
    "plain_lines",
    "queue",
    "retry_unknown",
    "sender_address",
]
