"""Takes in what forms, citizens and mails have left in the submission table."""

from __future__ import annotations

from collections.abc import Collection

from rongmei.config import MailboxSource, SubmissionsSource
from rongmei.errors import BadInput
from rongmei.ledger import lock_edition
from rongmei.pitches.harvest import Harvest
from rongmei.pitches.merge import merge_duplicates
from rongmei.pitches.taking import ready, take

FORMS = ("outlet", "citizen")


def take_submissions(
    harvest: Harvest, source: SubmissionsSource | MailboxSource, kinds: Collection[str] = FORMS
) -> int:
    """Make pitches of what is ready for the edition; how many pitches were merged.

    Every row and its pitch are written together, so that one that is taken always has its pitch, and none has two.
    """
    with harvest.ledger.begin() as session:
        locked = lock_edition(session, harvest.edition.key)
        for row in ready(session, locked, kinds):
            try:
                made = take(session, harvest.plan, locked, source.id, row, now=harvest.now)
            except BadInput as error:
                harvest.refuse(source.id, error, source.name)
                continue
            harvest.tally.new += made
            harvest.tally.known += not made
        return merge_duplicates(session, harvest.plan, locked, now=harvest.now)
