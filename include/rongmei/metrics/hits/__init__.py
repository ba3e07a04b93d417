"""Stays of our topics on hot boards: matching, how long and how high, alerts by mail, replays of archives, thinning."""

from rongmei.metrics.hits.alerts import lasted
from rongmei.metrics.hits.replay import ReplaySummary, boards_kept, replay
from rongmei.metrics.hits.thinning import ThinSummary, first_day, thin_boards
from rongmei.metrics.hits.watching import WatchSummary, named_boards, watch_board, watched_plans

__all__ = [
    "ReplaySummary",
    "ThinSummary",
    "WatchSummary",
    "boards_kept",
    "first_day",
    "lasted",
    "named_boards",
    "replay",
    "thin_boards",
    "watch_board",
    "watched_plans",
]
