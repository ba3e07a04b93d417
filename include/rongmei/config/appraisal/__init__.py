"""Rule sets for periods (周期考核): their model, their formulas, their marks, and the proof that they are sane."""

from rongmei.config.appraisal.marking import Marks, Ready, mark, ready
from rongmei.config.appraisal.proof import faults, sample
from rongmei.config.appraisal.rules import LEVELS, POWERS, SEVERITIES, PeriodRules

__all__ = [
    "LEVELS",
    "POWERS",
    "SEVERITIES",
    "Marks",
    "PeriodRules",
    "Ready",
    "faults",
    "mark",
    "ready",
    "sample",
]
