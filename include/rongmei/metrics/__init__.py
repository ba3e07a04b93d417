"""Metrics: when numbers are due, reading them from the platforms, and importing archives of hot boards."""

from rongmei.metrics.anomalies import AnomalySummary, flag_anomalies
from rongmei.metrics.boards import ImportSummary, RowProblem, import_board
from rongmei.metrics.checkpoint import checkpoint_at, checkpoint_due
from rongmei.metrics.collector import CollectSummary, any_due, collect, collect_due
from rongmei.metrics.days import rebuild_days
from rongmei.metrics.schedule import next_reading

__all__ = [
    "AnomalySummary",
    "CollectSummary",
    "ImportSummary",
    "RowProblem",
    "any_due",
    "checkpoint_at",
    "checkpoint_due",
    "collect",
    "collect_due",
    "flag_anomalies",
    "import_board",
    "next_reading",
    "rebuild_days",
]
