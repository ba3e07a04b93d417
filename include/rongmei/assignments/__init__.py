"""Hands accepted pitches to outlets: the optimiser, offers by mail, answers, next rounds, the desk's word."""

from rongmei.assignments.answers import AnswerSummary, answer, waiting
from rongmei.assignments.byhand import HandedOut, hand_out
from rongmei.assignments.bylink import Offer, Replied, Reply, Ticket, answer_by_link, offer_by_link, ticket
from rongmei.assignments.escalation import (
    DeskOption,
    DeskSheet,
    DeskSummary,
    desk_assign,
    desk_sheet,
    read_choices,
    unplaced,
)
from rongmei.assignments.explain import edition_of, explain
from rongmei.assignments.extending import MoreTime, extend
from rongmei.assignments.handles import new_link
from rongmei.assignments.notices import NotifySummary, notify
from rongmei.assignments.offers import AssignSummary, ReassignSummary, assign, declined, reassign
from rongmei.assignments.reminders import NudgeSummary, nudge, nudge_due

__all__ = [
    "AnswerSummary",
    "AssignSummary",
    "DeskOption",
    "DeskSheet",
    "DeskSummary",
    "HandedOut",
    "MoreTime",
    "NotifySummary",
    "NudgeSummary",
    "Offer",
    "ReassignSummary",
    "Replied",
    "Reply",
    "Ticket",
    "answer",
    "answer_by_link",
    "assign",
    "declined",
    "desk_assign",
    "desk_sheet",
    "edition_of",
    "explain",
    "extend",
    "hand_out",
    "new_link",
    "notify",
    "nudge",
    "nudge_due",
    "offer_by_link",
    "read_choices",
    "reassign",
    "ticket",
    "unplaced",
    "waiting",
]
