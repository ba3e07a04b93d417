"""Communication indexes (传播力指数), each version with its source, over figures that may be uncertain.

Everything here is pure: numbers go in, an index with its version and its arithmetic comes out.
"""

from rongmei.indexes.figures import TEN_MYRIAD_PLUS, UNKNOWN, Figure, figure
from rongmei.indexes.formula import Term
from rongmei.indexes.model import DIGITS, Index, Inputs, Result, Used
from rongmei.indexes.ranking import Ranked, RankTable, decode, rank_accounts
from rongmei.indexes.registry import all_indexes, find_index
from rongmei.indexes.wci import WCI_14_2, WCI_14_2_FORWARDS, Article, from_articles

__all__ = [
    "DIGITS",
    "TEN_MYRIAD_PLUS",
    "UNKNOWN",
    "WCI_14_2",
    "WCI_14_2_FORWARDS",
    "Article",
    "Figure",
    "Index",
    "Inputs",
    "RankTable",
    "Ranked",
    "Result",
    "Term",
    "Used",
    "all_indexes",
    "decode",
    "figure",
    "find_index",
    "from_articles",
    "rank_accounts",
]
