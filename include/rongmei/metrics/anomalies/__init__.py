"""Bought traffic and errors in the figures: what looks odd is flagged with its evidence; only a person excludes it."""

from rongmei.metrics.anomalies.deciding import KIND_NAMES, STATE_NAMES, Effect, campaign_of, clear, exclude
from rongmei.metrics.anomalies.flagging import AnomalySummary, flag_anomalies
from rongmei.metrics.anomalies.series import MEASURE_NAMES

__all__ = [
    "KIND_NAMES",
    "MEASURE_NAMES",
    "STATE_NAMES",
    "AnomalySummary",
    "Effect",
    "campaign_of",
    "clear",
    "exclude",
    "flag_anomalies",
]
