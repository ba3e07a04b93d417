"""What a source gives while it is being read, and how its addresses are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import requests

from rongmei.config import Plan
from rongmei.errors import BadInput, TryLater
from rongmei.ledger import Edition, Ledger
from rongmei.pitches.leads import Tally
from rongmei.pitches.sources.base import Rejected
from rongmei.settings import Settings

SessionFactory = Callable[[bool], requests.Session]
"""A web session; the argument says whether addresses inside the house may be asked."""
T = TypeVar("T")


@dataclass
class Harvest:
    """One reading of one source for one edition, and what came of it so far.

    Attributes:
        edition: as it was when the reading began; writers lock it by its key.
        rejected: what gave no pitch; later: addresses to be asked again.
    """

    ledger: Ledger
    plan: Plan
    edition: Edition
    settings: Settings
    now: datetime
    tally: Tally = field(default_factory=Tally)
    rejected: list[Rejected] = field(default_factory=list)
    later: list[TryLater] = field(default_factory=list)

    def refuse(self, source_id: str, error: BadInput, where: str) -> None:
        """Note what could not be used; `where` stands in for an error that does not say."""
        self.rejected.append(Rejected(source_id, error.where or where, error.what, error.mend))


@dataclass(frozen=True)
class Web:
    """How addresses of sources are asked."""

    settings: Settings
    open_session: SessionFactory

    def ask(self, address: str, get: Callable[[str, requests.Session, bool], T]) -> T:
        """Ask an address; only one that this installation itself completes may lie inside the house.

        Raises:
            BadInput, TryLater: as `fetching.fetch`.
        """
        inside = address.startswith("/")
        if inside and self.settings.sources_base is None:
            raise BadInput("相对地址没有可接的前缀", where=address, mend="设置 RONGMEI_SOURCES_BASE，或写完整网址")
        url = (self.settings.sources_base or "").rstrip("/") + address if inside else address
        with self.open_session(inside) as session:
            return get(url, session, inside)
