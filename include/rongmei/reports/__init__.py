"""The reports: gathered from the ledger, rendered once, kept as they were sent, mailed to each reader once.

`edition` is the report of one edition; `daily`, `weekly` and `wrapup` are about a stretch of days and are read from the
ledger by `stretch`; shared parts stand beside them. Charts, workbooks and CSS need heavy libraries; they are loaded
when a report is made, not when this is imported.
"""

from rongmei.reports import occasions
from rongmei.reports.archive import Entry, entries, rebuild
from rongmei.reports.edition import BuildSummary, EditionReport, EmailSummary, build, email, gather
from rongmei.reports.issuing import IssueSummary, PostSummary, issue, post
from rongmei.reports.occasions import Occasion
from rongmei.reports.unsent import send_unsent, unsent

__all__ = [
    "BuildSummary",
    "EditionReport",
    "EmailSummary",
    "Entry",
    "IssueSummary",
    "Occasion",
    "PostSummary",
    "build",
    "email",
    "entries",
    "gather",
    "issue",
    "occasions",
    "post",
    "rebuild",
    "send_unsent",
    "unsent",
]
