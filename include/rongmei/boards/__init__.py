"""Hot boards of the platforms behind one interface: ask for one, get the lines that the ledger keeps."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rongmei.boards.base import Board
from rongmei.boards.platforms import Baidu, Bilibili, Douyin, Toutiao, Weibo, Zhihu

BOARDS: Mapping[str, Board] = MappingProxyType(
    {board.id: board for board in (Weibo(), Zhihu(), Douyin(), Toutiao(), Baidu(), Bilibili())}
)
"""Every board by its id, which is what `config.models.BoardName` allows."""

__all__ = ["BOARDS", "Board"]
