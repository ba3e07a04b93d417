"""Metrics: when numbers are due, reading them from the platforms, and importing archives of hot boards."""

from rongmei.metrics.boards import ImportSummary, RowProblem, import_board
from rongmei.metrics.checkpoint import checkpoint_at, checkpoint_due
from rongmei.metrics.collector import CollectSummary, collect

__all__ = [
    "CollectSummary",
    "ImportSummary",
    "RowProblem",
    "checkpoint_at",
    "checkpoint_due",
    "collect",
    "import_board",
]
