"""The story stage: take in what outlets file, keep immutable versions, check them, and record the three reviews."""

from rongmei.stories.checks import Finding, blocking, check
from rongmei.stories.head import Unfit
from rongmei.stories.intake import IntakeSummary, intake, waiting_files
from rongmei.stories.opinions import parse_opinions
from rongmei.stories.progress import Pending, pending, review_record, waiting
from rongmei.stories.reviews import ReviewSummary, record_reviews
from rongmei.stories.sheet import ReviewItem, ReviewSheet, review_sheet, start_review
from rongmei.stories.stages import STAGE_NAMES

__all__ = [
    "STAGE_NAMES",
    "Finding",
    "IntakeSummary",
    "Pending",
    "ReviewItem",
    "ReviewSheet",
    "ReviewSummary",
    "Unfit",
    "blocking",
    "check",
    "intake",
    "parse_opinions",
    "pending",
    "record_reviews",
    "review_record",
    "review_sheet",
    "start_review",
    "waiting",
    "waiting_files",
]
