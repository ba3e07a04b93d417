"""From sources to a decision: collect pitches, merge twins, score, shortlist, meet, record what was decided."""

from rongmei.pitches.choosing import ShortlistSummary, shortlist
from rongmei.pitches.collecting import CollectSummary, collect
from rongmei.pitches.decisions import DecisionSummary, record_decisions
from rongmei.pitches.merge import UnmergeSummary, unmerge
from rongmei.pitches.sheet import MeetingOption, MeetingSheet, meeting

__all__ = [
    "CollectSummary",
    "DecisionSummary",
    "MeetingOption",
    "MeetingSheet",
    "ShortlistSummary",
    "UnmergeSummary",
    "collect",
    "meeting",
    "record_decisions",
    "shortlist",
    "unmerge",
]
