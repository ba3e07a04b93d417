"""Scores the outlets of an edition by a frozen version of the rules, and shows the arithmetic."""

from rongmei.appraisal.record import ScoreSummary, rules_name, score

__all__ = ["ScoreSummary", "rules_name", "score"]
