"""Remembers whether an earlier call that publishes got no clear answer, for platforms without an idempotency key.

Such platforms mostly take an uploaded film for one post only. That is a lock: the same upload is offered again after a
lost answer, and a refusal of it hints that the lost call went through after all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rongmei.channels.base import Progress
from rongmei.errors import OutcomeUnknown, Refused, TryLater

_UNCLEAR = "unclear"
_SPENT = "spent"
_AGAIN = "again"


@contextmanager
def attempt(progress: Progress) -> Iterator[bool]:
    """Around the one call that publishes; gives whether an earlier one may have gone through after all.

    What ends with a clear answer, good or bad, leaves no trace; what ends in any other way – a crash too – stays noted
    until `forget_attempts`. A later refusal that could just as well mean "you have used this already" must then be
    taken as an unknown outcome.
    """
    earlier = has_attempts(progress)
    if not earlier:
        progress.save(**{_UNCLEAR: True})
    try:
        yield earlier
    except (Refused, TryLater):
        if not earlier:
            progress.forget(_UNCLEAR)
        raise


def has_attempts(progress: Progress) -> bool:
    """Whether a call got no clear answer yet, so that nothing it used should be thrown away."""
    return bool(progress.get(_UNCLEAR))


def forget_attempts(progress: Progress) -> None:
    """Earlier attempts are certain not to have gone through."""
    progress.forget(_UNCLEAR)


def upload_refused(
    progress: Progress, told: str, *, earlier: bool, surely: bool, forget_upload: Callable[[Progress], None]
) -> None:
    """Judge a refusal that may mean that an upload is used up or thrown away; returns where it must mean another thing.

    Args:
        told: the refusal, for the message.
        earlier: what `attempt` gave.
        surely: the refusal means the upload and nothing else.

    Raises:
        OutcomeUnknown: the lost call before may have used it.
        TryLater: it is forgotten, to be made anew: once where nothing was lost; and where the platform has been read a
            second time since, long after the lost call, and still does not show the post.
    """
    if earlier and not progress.get(_SPENT):
        progress.save(**{_SPENT: True})
        raise OutcomeUnknown(f"{told}，上传的文件可能已经用过，可能上一次已经发出")
    if earlier or (surely and not progress.get(_AGAIN)):
        forget_upload(progress)
        progress.forget(_SPENT, _UNCLEAR)
        progress.save(**{_AGAIN: True})
        raise TryLater(f"{told}，重新上传")
