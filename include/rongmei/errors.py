"""The errors Rongmei raises on purpose; each message is Chinese and says what, where and how to mend it."""

from __future__ import annotations

from datetime import datetime, timedelta


class RongmeiError(Exception):
    """Root of every error that a person is meant to read."""


class BadInput(RongmeiError):
    """Something from outside cannot be used.

    Args:
        what: what is wrong, one Chinese clause.
        where: file, row, field … in the words of the sender.
        mend: how to put it right.
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        text = f"{where}：{what}" if where else what
        super().__init__(f"{text}。改法：{mend}" if mend else text)


class WrongState(RongmeiError):
    """A transition found another state than it expected: a bug or a race, never retried blindly."""


class NotReady(RongmeiError):
    """What the step waits for is not there yet; trying again later is right."""


class ChannelError(RongmeiError):
    """A platform did not do what was asked. Subclasses say what may happen next."""


class Refused(ChannelError):
    """The platform clearly said no and never will say yes to the same request (bad content, no permission)."""


class CredentialRefused(Refused):
    """The account's credential is wrong or revoked: a person must mend the connection."""


class TryLater(ChannelError):
    """The platform clearly did nothing (quota, busy, not connected); the same call may be made again.

    Args:
        retry_after: how long to wait at least; None when the platform does not say.
    """

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaGone(TryLater):
    """The account's quota of one kind of call is used up until `resets_at` (aware UTC)."""

    def __init__(self, message: str, *, now: datetime, resets_at: datetime) -> None:
        super().__init__(message, retry_after=max(resets_at - now, timedelta(0)))
        self.resets_at = resets_at


class OutcomeUnknown(ChannelError):
    """A mutating call was sent and no clear answer came back; only reading the platform can settle it."""
