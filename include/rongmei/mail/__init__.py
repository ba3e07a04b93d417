"""Composes mail and keeps an outbox in the ledger, so that each message goes out once."""

from rongmei.mail.compose import message, sender_address
from rongmei.mail.outbox import DeliverySummary, confirm_sent, deliver, queue, retry_unknown
from rongmei.mail.smtp import SmtpTransport
from rongmei.mail.transport import NotConnected, Transport

__all__ = [
    "DeliverySummary",
    "NotConnected",
    "SmtpTransport",
    "Transport",
    "confirm_sent",
    "deliver",
    "message",
    "queue",
    "retry_unknown",
    "sender_address",
]
