"""The story stage: take in what outlets file, keep immutable versions, check them, and record the three reviews."""

from rongmei.stories.checks import Finding, blocking, check
from rongmei.stories.confirmations import CHECKS
from rongmei.stories.confirmations import WHAT_IT_MEANS as CHECK_MEANINGS
from rongmei.stories.diff import StoryDiff, compare, story_diff
from rongmei.stories.filings import FILING_NAMES, FiledTopic, file_topic
from rongmei.stories.grading import Graded, set_grade
from rongmei.stories.head import Unfit
from rongmei.stories.intake import IntakeSummary, intake, waiting_files
from rongmei.stories.mailbag import FLAG as MAIL_FLAG
from rongmei.stories.mailbag import MailedSummary, post_receipts, take_mail
from rongmei.stories.opinions import parse_opinions
from rongmei.stories.progress import Pending, pending, review_record, waiting
from rongmei.stories.record import record_page, record_pdf
from rongmei.stories.reminders import RemindSummary, mail_due, remind
from rongmei.stories.returns import post_returns
from rongmei.stories.reviews import ReviewSummary, record_reviews
from rongmei.stories.sheet import ReviewItem, ReviewSheet, review_sheet, start_review
from rongmei.stories.stages import COUNTERSIGN, GRADE_NAMES, STAGE_NAMES, STATE_NAMES

__all__ = [
    "CHECKS",
    "CHECK_MEANINGS",
    "COUNTERSIGN",
    "FILING_NAMES",
    "GRADE_NAMES",
    "MAIL_FLAG",
    "STAGE_NAMES",
    "STATE_NAMES",
    "FiledTopic",
    "Finding",
    "Graded",
    "IntakeSummary",
    "MailedSummary",
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
    "file_topic",
    "intake",
    "mail_due",
    "parse_opinions",
    "pending",
    "post_receipts",
    "post_returns",
    "record_page",
    "record_pdf",
    "record_reviews",
    "remind",
    "review_record",
    "review_sheet",
    "set_grade",
    "start_review",
    "story_diff",
    "take_mail",
    "waiting",
    "waiting_files",
]
