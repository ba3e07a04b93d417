"""Finds an index by its key."""

from __future__ import annotations

from typing import Any

from rongmei.errors import BadInput
from rongmei.indexes import bci, bvci, dci, vci, wci
from rongmei.indexes.model import Index

MAX_SHOWN = 30


def all_indexes() -> tuple[Index[Any], ...]:
    """Every index in every version; of each family the verified ones first."""
    return (*wci.INDEXES, *bci.INDEXES, *vci.INDEXES, *bvci.INDEXES, *dci.INDEXES)


def find_index(key: str) -> Index[Any]:
    """The index that is called `key`, whatever its case.

    Raises:
        BadInput: there is none.
    """
    for index in all_indexes():
        if index.key == key.strip().casefold():
            return index
    known = "、".join(index.key for index in all_indexes())
    raise BadInput(f"没有指数“{key[:MAX_SHOWN]}”", mend=f"可以用的有：{known}")
