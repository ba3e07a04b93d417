"""The rehearsal's boards speak each platform's form: the product's own readers understand every one of them."""

from __future__ import annotations

import pytest

from rongmei.boards import BOARDS
from sandbox import hotboards
from sandbox.rehearsal import hot_board

NOW = 1_790_000_000.0


@pytest.mark.parametrize("board", hotboards.BOARDS)
def test_a_board_is_read_as_the_platform_serves_it(board: str) -> None:
    lines = BOARDS[board].parse(hotboards.served(board, NOW))
    invented = hot_board(board, NOW)["data"]["realtime"]
    assert [line.position for line in lines] == list(range(1, 51))
    for line, row in zip(lines, invented, strict=True):
        assert row["word"] in line.title
        # Zhihu tells its heat in tens of thousands.
        assert line.heat is not None
        assert abs(line.heat - row["num"]) < 10_000
    assert any("村超" in line.title for line in lines)


def test_every_board_of_the_product_is_served() -> None:
    assert set(hotboards.BOARDS) == set(BOARDS)
