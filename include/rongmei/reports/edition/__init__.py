"""The edition report (考核报告), made at the end of each campaign run."""

from rongmei.reports.edition.context import EditionReport
from rongmei.reports.edition.dispatch import BuildSummary, EmailSummary, build, email
from rongmei.reports.edition.gathering import gather

__all__ = ["BuildSummary", "EditionReport", "EmailSummary", "build", "email", "gather"]
