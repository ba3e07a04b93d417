"""The story stage: take in what outlets file, keep immutable versions, check them, and record the three reviews."""

from rongmei.stories.checks import Finding, blocking, check
from rongmei.stories.diff import StoryDiff, compare, story_diff
from rongmei.stories.head import Unfit
from rongmei.stories.intake import IntakeSummary, intake, waiting_files
from rongmei.stories.opinions import parse_opinions
from rongmei.stories.progress import Pending, pending, review_record, waiting
from rongmei.stories.record import record_page, record_pdf
from rongmei.stories.reminders import RemindSummary, mail_due, remind
from rongmei.stories.returns import post_returns
from rongmei.stories.reviews import ReviewSummary, record_reviews
from rongmei.stories.sheet import ReviewItem, ReviewSheet, review_sheet, start_review
from rongmei.stories.stages import STAGE_NAMES

__all__ = [
    "STAGE_NAMES",
    "Finding",
    "IntakeSummary",
    "Pending",
    "RemindSummary",
    "ReviewItem",
    "ReviewSheet",
    "ReviewSummary",
    "StoryDiff",
    "Unfit",
    "blocking",
    "check",
    "compare",
    "intake",
    "mail_due",
    "parse_opinions",
    "pending",
    "post_returns",
    "record_page",
    "record_pdf",
    "record_reviews",
    "remind",
    "review_record",
    "review_sheet",
    "start_review",
    "story_diff",
    "waiting",
    "waiting_files",
]
