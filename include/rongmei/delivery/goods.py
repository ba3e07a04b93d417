"""What is delivered, where it may be delivered to, and the receipt for it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeAlias

from rongmei.channels.bodies import Body
from rongmei.errors import BadInput

MEDIA = "media"
"""The folder beside a document that holds its pictures and videos."""
_NAME = re.compile(rf"({MEDIA}/)?[A-Za-z0-9][A-Za-z0-9._-]{{0,150}}")

Presence: TypeAlias = Literal["there", "absent", "different", "unknown"]
"""`different`: the name is taken by other content; `unknown`: the place cannot be asked, or does not say enough."""


def safe(name: str) -> str:
    """`name` if it can lead nowhere but into the folder it is put in.

    Raises:
        BadInput: it cannot be used as the name of a delivered file.
    """
    if not _NAME.fullmatch(name):
        raise BadInput("交付的文件名只能用英文字母、数字、点、横线和下划线", where=repr(name[:80]))
    return name


@dataclass(frozen=True)
class Goods:
    """One file to deliver.

    Attributes:
        name: relative to the place of delivery, see `safe`.
        body: its bytes, of which `sha256` is the hash.
    """

    name: str
    body: Body
    sha256: str

    def __post_init__(self) -> None:
        safe(self.name)

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.body)


@dataclass(frozen=True)
class Receipt:
    """Evidence of a delivery.

    Attributes:
        address: where the file lies or was sent to; without user or password.
        status: of the HTTP answer, None elsewhere.
        at: aware UTC.
        url: where the receiver says it can be seen; None when it does not say.
    """

    name: str
    address: str
    size: int
    sha256: str
    at: datetime
    status: int | None = None
    url: str | None = None

    def kept(self) -> dict[str, Any]:
        """As JSON keeps it beside the publication."""
        return {name: value for name, value in asdict(self).items() if value is not None} | {"at": self.at.isoformat()}


class Target(Protocol):
    """A place of delivery, open for one thread.

    Errors are those of a channel: TryLater and CredentialRefused say that nothing was delivered.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def lay(self, goods: Goods) -> None:
        """Put down a file that means nothing until the document that names it comes; safe to run again."""

    def deliver(self, goods: Goods, *, key: str) -> Receipt:
        """Deliver the document: it appears whole or not at all, and the same again changes nothing.

        Args:
            key: the same for the same delivery and no other.

        Raises:
            OutcomeUnknown: it may or may not have been taken.
        """

    def look(self, name: str, size: int | None = None, sha256: str | None = None) -> Presence:
        """Whether the file is there, with that size and hash where they are given. Only reads."""
