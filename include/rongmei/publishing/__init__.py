"""Publishing: plan which story goes out where and when, send each exactly once, settle what stayed unclear."""

from rongmei.publishing.chasing import ChaseSummary, awaiting_editions, chase
from rongmei.publishing.confirm import ConfirmSummary, confirm, next_poll
from rongmei.publishing.due import Stuck, next_due, rescheduled_due, stuck
from rongmei.publishing.handoff import cancel_handoff, hand_over
from rongmei.publishing.outbox import PublishSummary, publish, publish_all
from rongmei.publishing.plan import PlanSummary, plan_publications
from rongmei.publishing.rescheduling import reschedule
from rongmei.publishing.settle import SettleSummary, settle, settle_by_hand
from rongmei.publishing.sweep import SweepSummary, sweep, sweep_all

__all__ = [
    "ChaseSummary",
    "ConfirmSummary",
    "PlanSummary",
    "PublishSummary",
    "SettleSummary",
    "Stuck",
    "SweepSummary",
    "awaiting_editions",
    "cancel_handoff",
    "chase",
    "confirm",
    "hand_over",
    "next_due",
    "next_poll",
    "plan_publications",
    "publish",
    "publish_all",
    "reschedule",
    "rescheduled_due",
    "settle",
    "settle_by_hand",
    "stuck",
    "sweep",
    "sweep_all",
]
