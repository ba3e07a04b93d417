"""What the outbox asks of whatever carries mail, so that tests and the command line can bring their own carrier."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol

from rongmei.errors import TryLater


class NotConnected(TryLater):
    """The mail server is not there at all: the other messages need not be tried either."""


class Transport(Protocol):
    """Carries one message to one person."""

    def send(self, message: EmailMessage, recipient: str) -> None:
        """Hand `message` over for `recipient` (a bare address); returning means the server has taken it.

        Raises:
            TryLater: the server clearly did not take it and may later; `NotConnected` when it is not there.
            Refused: it never will take this message for this recipient.
            CredentialRefused: it takes nothing from us until a person mends the connection.
            OutcomeUnknown: nobody can tell whether it took it.
        """
