"""Hands accepted pitches to outlets: the optimiser, the offers by mail, the answers, the next rounds."""

from rongmei.assignments.answers import AnswerSummary, answer, waiting
from rongmei.assignments.notices import NotifySummary, notify
from rongmei.assignments.offers import AssignSummary, ReassignSummary, assign, hand_out, reassign

__all__ = [
    "AnswerSummary",
    "AssignSummary",
    "NotifySummary",
    "ReassignSummary",
    "answer",
    "assign",
    "hand_out",
    "notify",
    "reassign",
    "waiting",
]
