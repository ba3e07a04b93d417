"""Scores editions and periods by frozen versions of the rules, shows the arithmetic, hears appeals."""

from rongmei.appraisal.appeals import DESK, amend, answer, appeal, appeals, mine
from rongmei.appraisal.comparing import WhatIf, what_if
from rongmei.appraisal.credits import Entry, add_credit, list_credits, withdraw_credit
from rongmei.appraisal.explaining import Explanation, explain, told
from rongmei.appraisal.fairness import Fairness, fairness
from rongmei.appraisal.freezing import FreezeSummary, as_kept, freeze, recompute
from rongmei.appraisal.inputs import Span
from rongmei.appraisal.record import ScoreSummary, rules_name, score
from rongmei.appraisal.workbook import workbook, write_period

__all__ = [
    "DESK",
    "Entry",
    "Explanation",
    "Fairness",
    "FreezeSummary",
    "ScoreSummary",
    "Span",
    "WhatIf",
    "add_credit",
    "amend",
    "answer",
    "appeal",
    "appeals",
    "as_kept",
    "explain",
    "fairness",
    "freeze",
    "list_credits",
    "mine",
    "recompute",
    "rules_name",
    "score",
    "told",
    "what_if",
    "withdraw_credit",
    "workbook",
    "write_period",
]
