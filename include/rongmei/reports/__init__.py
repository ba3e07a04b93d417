"""The edition report: gathered from the ledger, rendered once, kept as it was sent, mailed to each reader once.

Charts, workbooks and CSS need heavy libraries; they are loaded when a report is built, not when this is imported.
"""

from rongmei.reports.context import EditionReport
from rongmei.reports.dispatch import BuildSummary, EmailSummary, build, email
from rongmei.reports.gathering import gather

__all__ = ["BuildSummary", "EditionReport", "EmailSummary", "build", "email", "gather"]
