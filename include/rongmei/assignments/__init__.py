"""Hands accepted pitches to outlets: the optimiser, the offers by mail, the answers, the next rounds."""

from rongmei.assignments.answers import AnswerSummary, answer, waiting
from rongmei.assignments.byhand import HandedOut, hand_out
from rongmei.assignments.explain import edition_of, explain
from rongmei.assignments.notices import NotifySummary, notify
from rongmei.assignments.offers import AssignSummary, ReassignSummary, assign, reassign

__all__ = [
    "AnswerSummary",
    "AssignSummary",
    "HandedOut",
    "NotifySummary",
    "ReassignSummary",
    "answer",
    "assign",
    "edition_of",
    "explain",
    "hand_out",
    "notify",
    "reassign",
    "waiting",
]
