"""One attempt at what is claimed: prepare each, assemble, note that the call is leaving, one call, every answer kept.

A publication that goes out by itself is a bundle of one. What happens to one of several:

* its content is refused while it is prepared: it fails, the others go on;
* it cannot be prepared now: all wait for it, but not for ever: from its fourth attempt on the others go without it;
* all are refused together: they are taken apart and go out one by one, so that the culprit fails alone;
* the call's outcome is unknown: it is for all, and each is looked for by itself later.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import cast

from rongmei.channels import Accepted, Bundling, Line, Parcel, Progress
from rongmei.errors import CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater
from rongmei.publishing import claims, verdicts
from rongmei.publishing.bundles import size_of
from rongmei.publishing.claims import Claim, ClaimLost
from rongmei.publishing.postponing import Pause, pause_for, release
from rongmei.publishing.runs import Run
from rongmei.publishing.standing import ALONE, LEAVING, SENDS
from rongmei.publishing.verdicts import Held, Known

HOLD_ATTEMPTS = 3
"""So often all of a bundle wait for one of them that cannot be prepared."""

_logger = logging.getLogger(__name__)


@dataclass
class Delivery:
    """What one attempt did.

    Attributes:
        outcomes: the states the publications ended in, or `postponed`, or `lost`.
        halt: why the account should be left alone now; the platform has done nothing.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    halt: CredentialRefused | QuotaGone | None = None


@dataclass(frozen=True)
class _Item:
    """One claimed publication on its way."""

    claim: Claim
    progress: Progress

    @property
    def parcel(self) -> Parcel:
        return Parcel(self.claim.article, self.progress)

    @property
    def held(self) -> Held:
        return self.claim, self.progress.values


def deliver(run: Run, line: Line, held: Sequence[Claim], *, stale_after: timedelta) -> Delivery:
    """Prepare and send what is claimed, in this order, as one post where there are several; every claim is given up."""
    return _Attempt(run, line, stale_after).make([_item(run, claim, claim.progress) for claim in held])


def _item(run: Run, claim: Claim, known: Known) -> _Item:
    return _Item(claim, Progress(known, partial(claims.keep, run.ledger, claim)))


class _Attempt:
    """The steps, and what they have brought so far."""

    def __init__(self, run: Run, line: Line, stale_after: timedelta) -> None:
        self._run, self._line, self._patience = run, line, stale_after / 2
        self._bundling = size_of(run.channel) > 1
        self._done = Delivery()

    def make(self, items: list[_Item]) -> Delivery:
        """All the steps."""
        items = self._prepare(items)
        if items:
            leaving = self._get_off(items)
            if leaving:
                self._send(leaving)
        return self._done

    # ── before it leaves: all failures are "nothing happened" ────────────────────────────────────────────────────

    def _prepare(self, items: list[_Item]) -> list[_Item]:
        """Those that are ready to go."""
        ready: list[_Item] = []
        for number, item in enumerate(items):
            try:
                self._prepare_one(item)
            except ClaimLost as error:
                self._lose(error)
            except CredentialRefused as error:
                self._give_back([*ready, *items[number:]], error)
                self._done.halt = error
                return []
            except Refused as error:
                self._fail([item], error)
            except TryLater as error:
                if item.claim.attempt <= HOLD_ATTEMPTS:
                    self._give_back([item], error, [*ready, *items[number + 1 :]])
                    return []
                self._give_back([item], error)
            else:
                ready.append(item)
        return ready

    def _prepare_one(self, item: _Item) -> None:
        channel, line, article = self._run.platform, self._line, item.claim.article
        problems = channel.validate(article, line.credential)
        if problems:
            raise Refused(f"{line.account}：{'；'.join(problems)}")
        channel.prepare(line, article, item.progress)

    def _get_off(self, items: list[_Item]) -> list[_Item]:
        """Assemble, and note in one transaction that the call is leaving; the items as noted, none if it must not."""
        try:
            if self._bundling:
                cast("Bundling", self._run.channel).assemble(self._line, [item.parcel for item in items])
            return self._note_leaving(items)
        except ClaimLost as error:
            # What was assembled holds a post that is no longer ours to send.
            self._lose(error)
            self._give_back(items, TryLater("同一条发布里有一篇已由别的进程接手"))
        except CredentialRefused as error:
            self._give_back(items, error)
            self._done.halt = error
        except Refused as error:
            self._refuse_all(items, error)
        except TryLater as error:
            self._give_back(items, error)
        return []

    def _note_leaving(self, items: list[_Item]) -> list[_Item]:
        now = self._run.clock()
        if now - min(item.claim.claimed_at for item in items) > self._patience:
            # Somebody may soon take this worker for dead and read the platform: the send must not come after that.
            raise TryLater(f"{self._line.account}：准备发布用了太久，下次接着发")
        noted = [
            (
                item.claim,
                {
                    **item.progress.values,
                    SENDS: int(item.progress.get(SENDS) or 0) + 1,
                    LEAVING: now.isoformat(),
                },
            )
            for item in items
        ]
        claims.keep_all(self._run.ledger, noted)
        return [_item(self._run, claim, known) for claim, known in noted]

    # ── the call ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, items: list[_Item]) -> None:
        try:
            answers = self._call(items)
        except ClaimLost as error:
            self._lose(error)
            self._leave_unknown(items, str(error))
        except CredentialRefused as error:
            self._give_back(items, error)
            self._done.halt = error
        except Refused as error:
            self._refuse_all(items, error)
        except TryLater as error:
            self._give_back(items, error)
            # Whatever else is sent needs the same quota.
            self._done.halt = error if isinstance(error, QuotaGone) else None
        except OutcomeUnknown as error:
            self._leave_unknown(items, str(error))
        else:
            self._take(items, answers)

    def _call(self, items: list[_Item]) -> tuple[Accepted, ...]:
        if self._bundling:
            parcels = [item.parcel for item in items]
            return cast("Bundling", self._run.channel).send_together(self._line, parcels)
        (only,) = items
        return (self._run.platform.send(self._line, only.claim.article, only.progress),)

    def _take(self, items: list[_Item], answers: tuple[Accepted, ...]) -> None:
        if len(answers) != len(items):
            self._leave_unknown(items, f"{self._line.account}：发出 {len(items)} 条，平台回了 {len(answers)} 条")
            return
        taken = [(*item.held, answer) for item, answer in zip(items, answers, strict=True)]
        self._done.outcomes.update(verdicts.succeed(self._run.ledger, taken, now=self._run.clock()))

    # ── how it ended ─────────────────────────────────────────────────────────────────────────────────────────────

    def _lose(self, error: ClaimLost) -> None:
        _logger.warning("%s", error)
        self._done.outcomes["lost"] += 1

    def _fail(self, items: list[_Item], error: Refused) -> None:
        now = self._run.clock()
        self._done.outcomes["failed"] += verdicts.fail(
            self._run.ledger, [item.held for item in items], why=str(error), now=now
        )

    def _refuse_all(self, items: list[_Item], error: Refused) -> None:
        if len(items) == 1:
            self._fail(items, error)
            return
        now = self._run.clock()
        apart: list[Held] = [(item.claim, {**item.progress.values, ALONE: True}) for item in items]
        why = f"{error}；整条被拒，改为逐篇发布"
        self._done.outcomes["postponed"] += release(self._run, apart, Pause(now, why), now=now)

    def _give_back(
        self, items: Sequence[_Item], error: TryLater | CredentialRefused, others: Sequence[_Item] = ()
    ) -> None:
        """Back on the schedule until the platform may do it; `others` wait as long, for the sake of the first ones."""
        now = self._run.clock()
        pause = pause_for(error, attempt=min(item.claim.attempt for item in items), now=now)
        count = release(self._run, [item.held for item in items], pause, now=now)
        if others:
            title = items[0].claim.article.title
            waits = replace(pause, why=f"与《{title}》同一条发布，等它准备好：{pause.why}")
            count += release(self._run, [item.held for item in others], waits, now=now)
        self._done.outcomes["postponed"] += count

    def _leave_unknown(self, items: list[_Item], why: str) -> None:
        now = self._run.clock()
        look_at = now + self._run.channel.capabilities.settle_after
        held = [item.held for item in items]
        self._done.outcomes["unknown"] += verdicts.leave_unknown(
            self._run.ledger, held, why=why, look_at=look_at, now=now
        )
