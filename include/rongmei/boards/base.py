"""What every hot board has in common: one answer of JSON becomes the lines the ledger keeps, bounded and cleaned."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import requests

from rongmei.boards.aggregators import aggregated
from rongmei.boards.values import Answer, Draft, count
from rongmei.errors import BadInput, TryLater
from rongmei.fetching import Resolve, fetch, resolve_host
from rongmei.ledger.boards import BoardLine
from rongmei.text.normalise import clean_line, clean_text, normalise

MAX_LINES = 200
MAX_BYTES = 2 * 1024 * 1024
TITLE_LIMIT, CATEGORY_LIMIT, DESCRIPTION_LIMIT = 200, 60, 1_000
MEND = "核对热榜地址，或等平台恢复后重试"


class Board(ABC):
    """A platform's hot list.

    Attributes:
        id: as the ledger and the campaigns' files name it.
        label: as a person reads it.
        address: where the platform itself serves the list. None of them is a documented interface except Douyin's open
            platform: they are what the platforms' own pages ask, and may ask for a login or change any day. The public
            aggregators (`aggregators`) speak forms of their own, which every board understands too.
        referer: the page that asks for it; some answer nothing without.
    """

    id: ClassVar[str]
    label: ClassVar[str]
    address: ClassVar[str]
    referer: ClassVar[str]

    @abstractmethod
    def drafts(self, answer: Answer) -> Iterable[Draft] | None:
        """The lines of the platform's own forms in their order; None when the answer is none of them.

        Raises:
            TryLater: the platform says that it is not well.
        """

    def parse(self, content: bytes | Answer) -> list[BoardLine]:
        """The lines in their order, at most 200; lines without a title or with one seen before are left out.

        Position 1 is the top, counted over all ranked lines, advertisements included; a pinned line has position 0.
        A heat of 0 means that the platform shows none, so it is None.

        Args:
            content: the answer's bytes, or the object already read from JSON.

        Raises:
            BadInput: not JSON or none of the known forms.
            TryLater: the platform says that it is not well.
        """
        answer = self._load(content) if isinstance(content, bytes) else content
        if not isinstance(answer, Mapping):
            raise BadInput("应答不是 JSON 对象", where=self.where, mend=MEND)
        drafts = self.drafts(answer)
        if drafts is None:
            drafts = aggregated(answer, self.where)
        if drafts is None:
            raise BadInput("应答里没有认得的榜单", where=self.where, mend=MEND)
        return list(_lines(drafts))

    def read(
        self,
        session: requests.Session,
        *,
        url: str | None = None,
        allow_private: bool = False,
        resolve: Resolve = resolve_host,
    ) -> list[BoardLine]:
        """The board as it stands now.

        Args:
            session: from `fetching.public_session` with the same `allow_private`.
            url: where to ask, e.g. an aggregator's address; None asks the platform itself.

        Raises:
            BadInput, TryLater: as `fetching.fetch` and `parse`.
        """
        headers = {"Accept": "application/json", **({} if url else {"Referer": self.referer})}
        content = fetch(
            url or self.address,
            session,
            limit=MAX_BYTES,
            headers=headers,
            allow_private=allow_private,
            resolve=resolve,
        )
        return self.parse(content)

    @property
    def where(self) -> str:
        """The board, for messages."""
        return f"热榜 {self.label}（{self.id}）"

    def unwell(self) -> TryLater:
        """The error for an answer that says so."""
        return TryLater(f"{self.where}：平台没有给出榜单，稍后再试")

    def _load(self, content: bytes) -> Any:
        if len(content) > MAX_BYTES:
            raise BadInput("应答超过 2 MB", where=self.where, mend=MEND)
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise BadInput("应答不是 JSON", where=self.where, mend=MEND) from error


def _lines(drafts: Iterable[Draft]) -> Iterator[BoardLine]:
    titled = [(title, draft) for draft in drafts if (title := _title(draft.title))]
    ranked = {title for title, draft in titled if not draft.pinned}
    seen: set[str] = set()
    position = 0
    for title, draft in titled:
        if title in seen or (draft.pinned and title in ranked):
            continue
        seen.add(title)
        if len(seen) > MAX_LINES:
            return
        position += 0 if draft.pinned else 1
        yield BoardLine(
            position=0 if draft.pinned else position,
            title=title,
            category=_words(draft.category, CATEGORY_LIMIT),
            heat=count(draft.heat),
            discussions=count(draft.discussions, zero_is_none=False),
            is_ad=draft.is_ad,
            description=_words(draft.description, DESCRIPTION_LIMIT, lines=True),
        )


def _title(candidates: Iterable[Any]) -> str:
    for value in candidates:
        if isinstance(value, str) and normalise(value):
            return clean_line(value, TITLE_LIMIT)
    return ""


def _words(value: Any, limit: int, *, lines: bool = False) -> str | None:
    if not isinstance(value, str):
        return None
    return (clean_text(value, limit) if lines else clean_line(value, limit)) or None
