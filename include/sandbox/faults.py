"""Faults on order: what goes wrong, where, how often.

An order names a platform, a path (a prefix, or a glob if it has ``*``, ``?`` or ``[``; matched below the platform's
prefix) and a kind:

* ``refuse`` — nothing is done; the connection is closed, or HTTP ``status`` is answered if one is given;
* ``drop_after`` — the call is carried out and committed, then the connection is closed without an answer;
* ``server_error_after`` — the call is carried out and committed, then HTTP ``status`` (500) is answered;
* ``timeout`` — the call is carried out (unless ``perform`` is false), nothing is answered for ``seconds``, then the
  connection is closed;
* ``slow`` — the answer comes, ``seconds`` late;
* ``error`` — nothing is done; the platform's error ``code`` is answered, with ``message`` if given;
* ``expired_token`` — nothing is done; the platform says the credential has expired;
* ``review_rejected`` — the review refuses the next submission, on a platform that reviews (WeChat: publish_status 4,
  Douyin: video_status 2, Kuaishou: 100120003);
* ``stay_pending`` — the next submission stays in review until the faults are cleared (WeChat: publish_status 1,
  Douyin: video_status 4, Kuaishou: ``pending``).

``after`` matching calls are let through first; ``times`` (null: until cleared) is how often it strikes; with a
``probability`` below 1 a hash of the order and the call's number decides, the same way every time.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.audience import uniform
from sandbox.store import Store

Kind = Literal[
    "refuse",
    "drop_after",
    "timeout",
    "server_error_after",
    "error",
    "slow",
    "expired_token",
    "review_rejected",
    "stay_pending",
]

# What the HTTP layer does itself; the rest is asked for by the platform modules.
WIRE_KINDS: tuple[Kind, ...] = (
    "refuse",
    "drop_after",
    "timeout",
    "server_error_after",
    "error",
    "slow",
    "expired_token",
)


class Fault(BaseModel):
    """An order, and how far it has been carried out (``seen`` matching calls, ``fired`` strikes)."""

    model_config = ConfigDict(extra="forbid")

    platform: str = "*"
    path: str = "*"
    kind: Kind
    account: str | None = None
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1.0, ge=0.0, le=1.0)
    after: int = Field(default=0, ge=0)
    seconds: float = Field(default=30.0, ge=0.0, le=3600.0)
    status: int | None = Field(default=None, ge=400, le=599)
    code: str | int | None = None
    message: str | None = None
    perform: bool = True
    seen: int = 0
    fired: int = 0
    id: int = 0

    @property
    def spent(self) -> bool:
        return self.times is not None and self.fired >= self.times


@dataclass(frozen=True)
class Target:
    """The call a fault may strike."""

    platform: str
    path: str
    account: str | None = None


def orders(store: Store) -> list[Fault]:
    """All orders, spent ones included, in the order they were given."""
    return [Fault.model_validate({**body, "id": fault_id}) for fault_id, body in store.faults()]


def take(store: Store, target: Target, kinds: tuple[Kind, ...]) -> Fault | None:
    """The first order of these kinds that strikes this call; notes that it did."""
    with store.transaction():
        for fault in orders(store):
            if fault.kind in kinds and not fault.spent and matches(fault, target) and _strikes(store, fault):
                return fault
    return None


def still_ordered(store: Store, fault_id: int | None) -> bool:
    """Whether an order that was taken has not been cleared since; what it keeps pending stays so until then."""
    return fault_id is not None and any(fault.id == fault_id for fault in orders(store))


def matches(fault: Fault, target: Target) -> bool:
    if fault.platform not in ("*", target.platform) or fault.account not in (None, target.account):
        return False
    wanted = fault.path.removeprefix(f"/{target.platform}")
    if any(sign in wanted for sign in "*?["):
        return fnmatchcase(target.path, wanted)
    return target.path.startswith(wanted)


def _strikes(store: Store, fault: Fault) -> bool:
    fault.seen += 1
    due = fault.seen > fault.after
    hit = due and uniform("fault", fault.id, fault.seen) < fault.probability
    fault.fired += int(hit)
    store.update_fault(fault.id, fault.model_dump(exclude={"id"}))
    return hit
