"""Publishing: plan which story goes out where and when, send each exactly once, settle what stayed unclear."""

from rongmei.publishing.outbox import PublishSummary, next_due, publish
from rongmei.publishing.plan import PlanSummary, plan_publications
from rongmei.publishing.settle import (
    ConfirmSummary,
    SettleSummary,
    SweepSummary,
    confirm,
    next_poll,
    settle,
    settle_by_hand,
    sweep,
)

__all__ = [
    "ConfirmSummary",
    "PlanSummary",
    "PublishSummary",
    "SettleSummary",
    "SweepSummary",
    "confirm",
    "next_due",
    "next_poll",
    "plan_publications",
    "publish",
    "settle",
    "settle_by_hand",
    "sweep",
]
