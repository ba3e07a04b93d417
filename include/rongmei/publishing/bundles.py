"""Which due publications go out together: those of one account in one slot, where one call may publish several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rongmei.channels import Bundling, Described
from rongmei.publishing.due import Due


def size_of(channel: Described) -> int:
    """How many publications of an account one call may publish; 1 where they go out one by one."""
    return channel.capabilities.bundle if isinstance(channel, Bundling) else 1


def bundles(due: Sequence[Due], size: int, *, rehearsal: bool) -> Iterator[list[Due]]:
    """One account's due publications as they go out, one list after the other, the headline (头条) first in each.

    A bundle is what stands in one slot, up to `size`. A rehearsal has no slots: all that is due there goes together.
    What was in a bundle that was refused as a whole goes alone.

    Args:
        due: in the order of their slots.
    """
    slots = [list(due)] if rehearsal else [list(slot) for _, slot in groupby(due, lambda one: one.scheduled_at)]
    for slot in slots:
        ordered = sorted(slot, key=_place)
        together = [one for one in ordered if not one.alone] if size > 1 else []
        for start in range(0, len(together), size):
            yield together[start : start + size]
        for one in ordered:
            if one not in together:
                yield [one]


def _place(one: Due) -> tuple[object, ...]:
    unplaced = one.position is None
    return one.scheduled_at, unplaced, one.position or 0, one.id
