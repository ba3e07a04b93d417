"""Publishing: plan which story goes out where and when, send each exactly once, settle what stayed unclear."""

from rongmei.publishing.amended import AmendmentLine, amendments_of, done_by_hand, mark_corrected, next_amendment
from rongmei.publishing.amendments import OrderSummary, lacks_correction, order_correction, order_recall, standing_posts
from rongmei.publishing.carrying import CarrySummary, carry_out
from rongmei.publishing.chasing import ChaseSummary, awaiting_editions, chase
from rongmei.publishing.confirm import ConfirmSummary, confirm, next_poll
from rongmei.publishing.due import Stuck, next_due, rescheduled_due, stuck
from rongmei.publishing.evidence import EvidenceSummary, mail_evidence
from rongmei.publishing.feeds import FeedSummary, write_feeds
from rongmei.publishing.handoff import cancel_handoff, hand_over
from rongmei.publishing.heard import HeardSummary, WrongKind, hear
from rongmei.publishing.outbox import PublishSummary, publish, publish_all
from rongmei.publishing.plan import PlanSummary, plan_publications
from rongmei.publishing.preview import Preview, preview_story
from rongmei.publishing.rescheduling import reschedule
from rongmei.publishing.settle import SettleSummary, settle, settle_by_hand
from rongmei.publishing.sweep import SweepSummary, sweep, sweep_all

__all__ = [
    "AmendmentLine",
    "CarrySummary",
    "ChaseSummary",
    "ConfirmSummary",
    "EvidenceSummary",
    "FeedSummary",
    "HeardSummary",
    "OrderSummary",
    "PlanSummary",
    "Preview",
    "PublishSummary",
    "SettleSummary",
    "Stuck",
    "SweepSummary",
    "WrongKind",
    "amendments_of",
    "awaiting_editions",
    "cancel_handoff",
    "carry_out",
    "chase",
    "confirm",
    "done_by_hand",
    "hand_over",
    "hear",
    "lacks_correction",
    "mail_evidence",
    "mark_corrected",
    "next_amendment",
    "next_due",
    "next_poll",
    "order_correction",
    "order_recall",
    "plan_publications",
    "preview_story",
    "publish",
    "publish_all",
    "reschedule",
    "rescheduled_due",
    "settle",
    "settle_by_hand",
    "standing_posts",
    "stuck",
    "sweep",
    "sweep_all",
    "write_feeds",
]
