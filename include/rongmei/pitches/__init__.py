"""From sources to a decision: collect pitches, merge twins, score, shortlist, meet, record what was decided."""

from rongmei.pitches.choosing import ShortlistSummary, shortlist
from rongmei.pitches.collecting import CollectSummary, collect
from rongmei.pitches.decisions import DecisionSummary, close_without_meeting, record_decisions
from rongmei.pitches.directives import Directive, DirectSummary, direct
from rongmei.pitches.invitations import Door, forms_of
from rongmei.pitches.marking import MarkSummary, mark_pitch
from rongmei.pitches.marks import PINNED, VETOED
from rongmei.pitches.marks import Kind as MarkKind
from rongmei.pitches.merge import UnmergeSummary, unmerge
from rongmei.pitches.moderation import (
    ModerationSheet,
    ModerationSummary,
    moderate,
    moderation_sheet,
    parse_refusals,
)
from rongmei.pitches.outcomes import OutcomeSummary, outcomes_due, tell_outcomes
from rongmei.pitches.purging import PurgeSummary, purge_contacts, purge_due
from rongmei.pitches.sheet import MeetingOption, MeetingSheet, meeting
from rongmei.pitches.template import pitch_sheet

__all__ = [
    "PINNED",
    "VETOED",
    "CollectSummary",
    "DecisionSummary",
    "DirectSummary",
    "Directive",
    "Door",
    "MarkKind",
    "MarkSummary",
    "MeetingOption",
    "MeetingSheet",
    "ModerationSheet",
    "ModerationSummary",
    "OutcomeSummary",
    "PurgeSummary",
    "ShortlistSummary",
    "UnmergeSummary",
    "close_without_meeting",
    "collect",
    "direct",
    "forms_of",
    "mark_pitch",
    "meeting",
    "moderate",
    "moderation_sheet",
    "outcomes_due",
    "parse_refusals",
    "pitch_sheet",
    "purge_contacts",
    "purge_due",
    "record_decisions",
    "shortlist",
    "tell_outcomes",
    "unmerge",
]
