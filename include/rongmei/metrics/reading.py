"""Asks one account for its posts' figures, with the fewest calls; what came before a fault is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rongmei.channels import Channel, Line, Numbers, Posted
from rongmei.clock import local_date
from rongmei.errors import CredentialRefused, QuotaGone, Refused, TryLater

MISSED = 2
"""Answers in a row that say nothing of a post that had figures, before the platform is asked whether it is gone."""
LOOKS = 3
"""Posts of an account that are looked after so in one run: each is a call of its own."""

Fault: TypeAlias = Literal["", "failed", "refused", "quota"]


@dataclass(frozen=True)
class Reading:
    """What one account gave.

    Attributes:
        figures: by external id.
        asked: external ids of the posts that were asked for and answered about, with figures or silently.
        fault: why the rest was not: the platform failed or refused, the credential is wrong, the quota is for others.
        why: the same for a reader.
    """

    figures: Mapping[str, Numbers] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    fault: Fault = ""
    why: str = ""


def read_account(
    platform: Channel, line: Callable[[], Line], posts: Sequence[Posted], missing: Sequence[str] = ()
) -> Reading:
    """Figures of an account's posts; never raises what a platform can do to it.

    Args:
        line: opens the line.
        missing: external ids that had figures once and of which nothing was said for a while.
    """
    figures: dict[str, Numbers] = {}
    asked: set[str] = set()
    try:
        opened = line()
        for batch in batches(platform, posts):
            figures.update(platform.read_numbers(opened, batch))
            asked.update(post.external_id for post in batch)
        figures.update(_gone(platform, opened, [post for post in posts if post.external_id in missing], figures))
    except CredentialRefused as error:
        return Reading(figures, frozenset(asked), "refused", str(error))
    except QuotaGone as error:
        return Reading(figures, frozenset(asked), "quota", str(error))
    except (Refused, TryLater) as error:
        return Reading(figures, frozenset(asked), "failed", str(error))
    return Reading(figures, frozenset(asked))


def batches(platform: Channel, posts: Sequence[Posted]) -> Iterator[Sequence[Posted]]:
    """The posts as single calls tell of them, so that what one call brought is kept when the next one fails."""
    can = platform.capabilities
    if can.told_by == "account":
        yield posts
    elif can.told_by == "day":
        yield from _by_day(posts)
    else:
        for start in range(0, len(posts), can.bulk):
            yield posts[start : start + can.bulk]


def _by_day(posts: Iterable[Posted]) -> Iterator[Sequence[Posted]]:
    days: dict[object, list[Posted]] = {}
    for post in posts:
        days.setdefault(local_date(post.published_at), []).append(post)
    yield from days.values()


def _gone(
    platform: Channel, line: Line, posts: Sequence[Posted], figures: Mapping[str, Numbers]
) -> Iterator[tuple[str, Numbers]]:
    """Posts of which nothing is said any more, and of which the platform says that they are gone."""
    for post in [post for post in posts if post.external_id not in figures][:LOOKS]:
        if platform.is_gone(line, post):
            yield post.external_id, Numbers(gone=True)
