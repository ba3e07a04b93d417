"""预检: what can be seen without a person before a review; reviewers read it, only unlabelled AI content blocks.

One module a kind of check, each a pure function of the version and the centre's lists; `repeats` alone asks the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rongmei.config import Lists
from rongmei.config.lists import Agency, ListedPlace, SensitiveWord, WrongWord
from rongmei.ledger import StoryVersion
from rongmei.stories.checks.dates import check_dates
from rongmei.stories.checks.finding import GROUPS, Finding, Group, passages
from rongmei.stories.checks.labels import check_labels
from rongmei.stories.checks.matching import Terms
from rongmei.stories.checks.names import People, check_people, check_places, people_of, place_terms
from rongmei.stories.checks.parts import audios, check_limits, check_parts, pictures, videos
from rongmei.stories.checks.privacy import check_privacy
from rongmei.stories.checks.repeats import repeats
from rongmei.stories.checks.rights import agency_terms, check_credits, check_rights
from rongmei.stories.checks.sums import check_sums
from rongmei.stories.checks.words import check_sensitive, check_wrong_words, sensitive_terms, wrong_terms
from rongmei.stories.markdown import plain

__all__ = [
    "GROUPS",
    "Finding",
    "Group",
    "Indexes",
    "audios",
    "blocking",
    "check",
    "index",
    "pictures",
    "repeats",
    "videos",
]

_ORDER = {group: place for place, group in enumerate(GROUPS)}


@dataclass(frozen=True)
class Indexes:
    """The centre's lists, made ready to be looked up; made once for all stories of a sheet."""

    wrong_words: Terms[WrongWord]
    sensitive: Terms[SensitiveWord]
    people: People
    places: Terms[tuple[str, ListedPlace]]
    agencies: Terms[Agency]


def index(lists: Lists) -> Indexes:
    """Make the lists ready; a list that is not there finds nothing."""
    return Indexes(
        wrong_terms(lists.wrong_words),
        sensitive_terms(lists.sensitive_words),
        people_of(lists.leaders),
        place_terms(lists.places),
        agency_terms(lists.agencies),
    )


_NOTHING = index(Lists())


def check(
    version: StoryVersion, channels: Sequence[str], indexes: Indexes = _NOTHING, *, day: date | None = None
) -> tuple[Finding, ...]:
    """Every finding on a version: blocking ones first, then in the order of `GROUPS`.

    Args:
        channels: where the campaign publishes; the limits of other channels do not count.
        indexes: the centre's lists; without them words, names, places and agencies are not checked.
        day: when the story is to appear, in the cluster's time zone; without it offices are not held against their
            terms, nor dates without a year against their weekdays.
    """
    text = plain(version.body)
    read = passages(version, text)
    prose = [part for part in read if part.prose]
    found = [
        *check_labels(version, text),
        *check_wrong_words(read, indexes.wrong_words),
        *check_people(read, indexes.people, day),
        *check_places(read, indexes.places),
        *check_sensitive(read, indexes.sensitive),
        *check_dates(prose, day),
        *check_sums(prose),
        *check_privacy(read),
        *check_credits(version),
        *check_rights(version, indexes.agencies, day),
        *check_limits(version, channels),
        *check_parts(version),
    ]
    return tuple(sorted(found, key=lambda finding: (not finding.blocks, _ORDER[finding.group])))


def blocking(version: StoryVersion) -> tuple[Finding, ...]:
    """The findings that keep a version from passing; the same on every channel and with every list."""
    return tuple(finding for finding in check_labels(version, plain(version.body)) if finding.blocks)
