"""Faults on order: what goes wrong, where, for whom, how often.

An order names a platform, a path (a prefix, or a glob if it has ``*``, ``?`` or ``[``; matched below the platform's
prefix), if need be a ``method``, an ``account``, ``publishing`` (true: only calls that put something before the
public), and a kind. Without any effect:

* ``refuse`` — the connection is closed, or HTTP ``status`` is answered if one is given;
* ``server_error`` — HTTP ``status`` (500) is answered;
* ``error`` — the platform's error ``code`` is answered, with ``message`` if given;
* ``duplicate``, ``sensitive``, ``quota`` — the platform's own code for content it has already, for a sensitive word,
  for a quota that is used up (``Platform.words``), with ``message`` if given;
* ``expired_token`` — the platform says the credential has expired; with ``after`` in the middle of a run.

With the effect, the call being carried out and committed:

* ``drop_after`` — the connection is then closed without an answer;
* ``server_error_after`` — HTTP ``status`` (500) is then answered;
* ``slow`` — effect and answer come ``seconds`` (30) late, the effect at once if the client hangs up.

With the effect, or without it if ``perform`` is false:

* ``timeout`` — nothing is answered for ``seconds`` (30), then the connection is closed;
* ``reset`` — the head of the answer and half its body come, then the connection is reset;
* ``truncated`` — HTTP says nothing unusual, but only half the body is there;
* ``html`` — a web page comes instead of the answer, with HTTP ``status`` (200).

The review of what is submitted, and the clock:

* ``review_rejected`` — the review refuses the next submission (WeChat: publish_status 4, Douyin: video_status 2,
  Kuaishou: 100120003, Bilibili: state -2, Alipay: FAILURE, WordPress: sent back as a draft, Weibo: never shown);
* ``stay_pending`` — the next submission stays in review ``seconds`` longer than usual, without them until the faults
  are cleared (WeChat: publish_status 1, Douyin: video_status 4, Kuaishou: ``pending``, Bilibili: state -1, Alipay:
  RUNNING, WordPress: ``pending``, Weibo: not shown yet);
* ``clock_skew`` — the platform's own clock is ``seconds`` fast (slow if negative): the ``Date`` of its answers and what
  it compares timestamps with. It goes together with any other kind.

``after`` matching calls are let through first; ``times`` (null: until cleared) is how often it strikes;
``each_account`` counts both for each account by itself. With a ``probability`` below 1 a hash decides: of the order's
``seed`` (its number if it has none), the account, the call, and how often that account has made it. So a run gives the
same faults again, whatever its other accounts do meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.audience import uniform
from sandbox.store import Store

Kind = Literal[
    "refuse",
    "server_error",
    "error",
    "duplicate",
    "sensitive",
    "quota",
    "expired_token",
    "drop_after",
    "server_error_after",
    "slow",
    "timeout",
    "reset",
    "truncated",
    "html",
    "review_rejected",
    "stay_pending",
    "clock_skew",
]
Word = Literal["duplicate", "sensitive", "quota"]

# What the HTTP layer does itself instead of answering; the review is asked for by the platform modules.
WIRE_KINDS: tuple[Kind, ...] = (
    "refuse",
    "server_error",
    "error",
    "duplicate",
    "sensitive",
    "quota",
    "expired_token",
    "drop_after",
    "server_error_after",
    "slow",
    "timeout",
    "reset",
    "truncated",
    "html",
)
_WORDS: tuple[Word, ...] = ("duplicate", "sensitive", "quota")
_ALWAYS_DONE = ("drop_after", "server_error_after", "slow")

_WAIT_SECONDS = 30.0
_WAIT_MAX = 3600.0
_REVIEW_MAX = 30 * 86_400.0
_SKEW_MAX = 365 * 86_400.0
_COUNTERS = "fault:"


class Fault(BaseModel):
    """An order, and how far it has been carried out: ``seen`` matching calls, ``fired`` strikes, and both by account.

    ``scenario`` is the rehearsal scenario that placed it, "" for one that was placed by itself.
    """

    model_config = ConfigDict(extra="forbid")

    platform: str = "*"
    path: str = "*"
    kind: Kind
    method: str | None = Field(default=None, pattern="^[A-Z]+$")
    account: str | None = None
    publishing: bool = False
    times: int | None = Field(default=1, ge=1)
    each_account: bool = False
    probability: float = Field(default=1.0, ge=0.0, le=1.0)
    after: int = Field(default=0, ge=0)
    seconds: float | None = Field(default=None, allow_inf_nan=False)
    status: int | None = Field(default=None, ge=200, le=599)
    code: str | int | None = None
    message: str | None = None
    perform: bool = True
    seed: str = ""
    scenario: str = ""
    seen: int = 0
    fired: int = 0
    tallies: dict[str, tuple[int, int]] = Field(default_factory=dict)
    id: int = 0

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.seconds is not None:
            low, high = _span(self.kind)
            if not low <= self.seconds <= high:
                raise ValueError(f"seconds of {self.kind} is between {low:.0f} and {high:.0f}")
        if self.kind == "clock_skew" and self.seconds is None:
            raise ValueError("clock_skew needs seconds")
        if self.kind in ("refuse", "server_error", "server_error_after") and (self.status or 500) < 400:
            raise ValueError(f"status of {self.kind} is 400 or more")
        return self

    @property
    def wait(self) -> float:
        """How long an answer is kept back, in seconds."""
        return _WAIT_SECONDS if self.seconds is None else self.seconds

    @property
    def performs(self) -> bool:
        """Whether the call it strikes is carried out all the same."""
        return self.perform or self.kind in _ALWAYS_DONE

    @property
    def word(self) -> Word | None:
        """What the platform is to say in its own words, if it is that kind of order."""
        return next((word for word in _WORDS if word == self.kind), None)

    def spent(self, account: str) -> bool:
        fired = self.tallies.get(account, (0, 0))[1] if self.each_account else self.fired
        return self.times is not None and fired >= self.times


@dataclass(frozen=True)
class Target:
    """The call a fault may strike; ``call`` is its address without what differs from one object to the next."""

    platform: str
    path: str
    account: str | None = None
    method: str = ""
    call: str = ""
    publishing: bool = False


@dataclass(frozen=True)
class Review:
    """What becomes of the review of one submission.

    ``rejected``: the order that makes it refuse; ``held_by``: the order that keeps it waiting until it is cleared;
    ``due_at``: when it is over (epoch seconds); ``polls``: how many looks find it waiting, -1 if looking ends nothing.
    """

    rejected: Fault | None
    held_by: int | None
    due_at: float
    polls: int


def orders(store: Store) -> list[Fault]:
    """All orders, spent ones included, in the order they were given."""
    return [Fault.model_validate({**body, "id": fault_id}) for fault_id, body in store.faults()]


def place(store: Store, fault: Fault) -> Fault:
    """Give an order; what it says of having been carried out does not count."""
    fresh = fault.model_copy(update={"seen": 0, "fired": 0, "tallies": {}, "id": 0})
    return fresh.model_copy(update={"id": store.add_fault(fresh.model_dump(exclude={"id"}))})


def clear(store: Store, *, scenarios_only: bool = False) -> int:
    """Take back all orders, or only those that scenarios have placed; how many."""
    with store.transaction():
        gone = [fault for fault in orders(store) if fault.scenario or not scenarios_only]
        for fault in gone:
            store.delete_fault(fault.id)
            store.clear_counters(f"{_COUNTERS}{fault.id}:")
    return len(gone)


def take(store: Store, target: Target, kinds: tuple[Kind, ...]) -> Fault | None:
    """The first order of these kinds that strikes this call; notes that it did."""
    with store.transaction():
        for fault in orders(store):
            if fault.kind in kinds and matches(fault, target) and _strikes(store, fault, target):
                return fault
    return None


def review(store: Store, target: Target, now: float, *, seconds: float, polls: int = 0) -> Review:
    """The review of a submission, which usually takes ``seconds`` or ``polls`` looks; uses up the orders for it."""
    rejected = take(store, target, ("review_rejected",))
    pending = take(store, target, ("stay_pending",))
    longer = pending.seconds if pending else None
    return Review(
        rejected=rejected,
        held_by=pending.id if pending and longer is None else None,
        due_at=now + seconds + (longer or 0.0),
        polls=polls if longer is None else -1,
    )


def still_ordered(store: Store, fault_id: int | None) -> bool:
    """Whether an order that was taken has not been cleared since; what it keeps pending stays so until then."""
    return fault_id is not None and any(fault.id == fault_id for fault in orders(store))


def matches(fault: Fault, target: Target) -> bool:
    """Whether an order is for this call, whether or not it strikes this time."""
    if fault.platform not in ("*", target.platform) or fault.account not in (None, target.account):
        return False
    if fault.method not in (None, target.method) or (fault.publishing and not target.publishing):
        return False
    wanted = fault.path.removeprefix(f"/{target.platform}")
    if any(sign in wanted for sign in "*?["):
        return fnmatchcase(target.path, wanted)
    return target.path.startswith(wanted)


def _strikes(store: Store, fault: Fault, target: Target) -> bool:
    account = target.account or ""
    if fault.spent(account):
        return False
    fault.seen += 1
    seen, fired = fault.tallies.get(account, (0, 0))
    due = (seen + 1 if fault.each_account else fault.seen) > fault.after
    hit = due and _drawn(store, fault, target) < fault.probability
    fault.fired += int(hit)
    if fault.each_account:
        fault.tallies[account] = (seen + 1, fired + int(hit))
    store.update_fault(fault.id, fault.model_dump(exclude={"id"}))
    return hit


def _drawn(store: Store, fault: Fault, target: Target) -> float:
    """A number in (0, 1) for this strike; 0 for an order that leaves nothing to chance."""
    if fault.probability == 1.0:
        return 0.0
    caller = f"{target.account or ''}:{target.method} {target.platform}{target.call or target.path}"
    turn = store.count_up(f"{_COUNTERS}{fault.id}:{caller}")
    return uniform("fault", fault.seed or fault.id, caller, turn)


def _span(kind: Kind) -> tuple[float, float]:
    if kind == "clock_skew":
        return -_SKEW_MAX, _SKEW_MAX
    return (0.0, _REVIEW_MAX) if kind == "stay_pending" else (0.0, _WAIT_MAX)
