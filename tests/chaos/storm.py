"""The storm: publishers and platforms are killed at random moments while stories keep coming in; then the calm."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import func, select
from tests.chaos import publisher
from tests.chaos.house import House, stories_for
from tests.chaos.platforms import Platforms
from tests.chaos.reckoning import Entry, Verdict, number_in, reckon

from rongmei.ledger import Ledger, Publication, PublicationEvent

LIVES = ((0.05, 0.6), (0.6, 2.5))
"""Seconds a publisher lives, a short life or a longer one; all that is due on one channel takes about half a second."""
UPTIME = (0.3, 2.5)
"""Seconds the platforms answer before they die again."""
USUAL_BOOT = 1.2
"""Seconds the sandbox takes to start on a machine that has nothing else to do; on a busier one all lives are longer."""
BUSIEST = 2.0
LULL = (2.0, 6.0)
"""Seconds from one lull to the next: all publishers are dead, and time passes before there are others."""
LULL_PASSES = 16 * 60
STILL = 0.3
"""Seconds in which the platforms are through with what the dead have sent."""
OUT_ENOUGH = 0.9
STORM_SECONDS = 110.0
"""The storm goes on until so much of everything is out, but not longer than this once all its kills are done."""
SETTLES = ("scheduled", "sending", "accepted")
"""States that time and reading mend, without a person."""
HOUR = 3600
CALM_STEPS = (300, 300, 900, 900, 1800, 1800, *4 * [HOUR], *2 * [26 * HOUR, 300, 900, HOUR])
"""Seconds of sandbox time from one round of the calm to the next: over pauses, looks and, twice, a day's quotas."""
ROUND_SECONDS = 90.0


@dataclass(frozen=True)
class Orders:
    """What is asked for."""

    publications: int
    kills: int
    sandbox_kills: int
    publishers: int
    seed: int


@dataclass
class Outcome:
    """What was done, and what came of it.

    Attributes:
        interrupted: claims that a killed publisher left behind, each taken from the dead and settled.
        strikes: faults that struck.
        crashes: publishers that ended by themselves, a line each.
    """

    publications: int = 0
    kills: int = 0
    sandbox_kills: int = 0
    interrupted: int = 0
    strikes: int = 0
    crashes: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)


class Storm:
    """One run on one ledger, everything it writes in `folder`."""

    def __init__(self, folder: Path, ledger_url: str, orders: Orders) -> None:
        self._folder, self._orders = folder, orders
        self._rng = random.Random(orders.seed)
        self._platforms = Platforms(folder / "sandbox", self._rng)
        self._ledger_url = ledger_url
        self._children: dict[int, float] = {}
        self._born = 0
        self._sandbox_dies_at: float | None = None
        self._booted_at = self._lull_at = 0.0
        self._busy = 1.0
        self._outcome = Outcome()

    def run(self) -> Outcome:
        """Storm, calm, reckoning.

        Raises:
            RuntimeError: the sandbox does not start.
        """
        with self._cleaned_up():
            self._platforms.start()
            self._platforms.wait()
            self._house = self._build()
            self._platforms.order_faults(str(self._orders.seed))
            self._platforms.run_clock(publisher.RATE)
            self._blow()
            self._calm()
            self._outcome.verdict = reckon(self._entries(), self._platforms.posts())
        return self._outcome

    def _build(self) -> House:
        now = self._platforms.now()
        return House(self._folder / "home", self._ledger_url, self._platforms.url, now=now, rng=self._rng)

    @contextmanager
    def _cleaned_up(self) -> Iterator[None]:
        """Nothing that was started here stays."""
        try:
            yield
        finally:
            for child in list(self._children):
                self._kill(child)
            self._platforms.kill()

    # ── the storm ────────────────────────────────────────────────────────────────────────────────────────────────

    def _blow(self) -> None:
        """Until all kills are done, all stories are in, and most are out."""
        started = self._booted_at = self._lull_at = time.monotonic()
        while not self._is_over(time.monotonic() - started):
            now = time.monotonic()
            for child in [child for child, dies_at in self._children.items() if dies_at <= now]:
                self._kill(child)
            self._strike_platforms(now)
            if now >= self._lull_at and self._sandbox_dies_at is not None:
                self._lull()
                self._lull_at = time.monotonic() + self._some(LULL)
            self._bring_stories()
            while len(self._children) < self._orders.publishers:
                self._bear()
            time.sleep(0.01)
        self._lull()
        self._platforms.wait()
        self._outcome.strikes = self._platforms.strikes()

    def _is_over(self, seconds: float) -> bool:
        done, orders = self._outcome, self._orders
        if done.kills < orders.kills or done.sandbox_kills < orders.sandbox_kills or self._left():
            return False
        return seconds > STORM_SECONDS or self._out() >= OUT_ENOUGH * done.publications

    def _lull(self) -> None:
        """Kill all publishers; time passes in which their claims grow stale and pauses end."""
        for child in list(self._children):
            self._kill(child)
        self._platforms.wait()
        time.sleep(STILL)
        self._platforms.advance(LULL_PASSES)

    def _bear(self) -> None:
        self._born += 1
        seed = f"{self._orders.seed}/{self._born}"
        child = publisher.fork(partial(publisher.work, self._house, seed, once=False), self._log)
        # Once there are kills enough it is for the posts to get out between them.
        choice = LIVES if self._outcome.kills < self._orders.kills else LIVES[-1:]
        self._children[child] = time.monotonic() + self._some(self._rng.choice(choice))

    def _kill(self, child: int) -> None:
        """SIGKILL; a child that had died before is a crash."""
        del self._children[child]
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            self._outcome.kills += 1
        else:
            self._outcome.crashes.append(f"publisher {child} ended by itself with {os.waitstatus_to_exitcode(status)}")

    def _strike_platforms(self, now: float) -> None:
        """Kill the sandbox when its time has come; start it again; note when it is up."""
        if self._sandbox_dies_at is None:
            if self._platforms.is_up():
                self._busy = min(BUSIEST, max(1.0, (time.monotonic() - self._booted_at) / USUAL_BOOT))
                self._sandbox_dies_at = now + self._some(UPTIME)
        elif now >= self._sandbox_dies_at and self._outcome.sandbox_kills < self._orders.sandbox_kills:
            self._platforms.kill()
            self._outcome.sandbox_kills += 1
            self._sandbox_dies_at = None
            self._booted_at = time.monotonic()
            self._platforms.start()

    def _some(self, span: tuple[float, float]) -> float:
        """Seconds between the two, more on a busy machine."""
        return self._rng.uniform(*span) * self._busy

    # ── stories ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _left(self) -> int:
        return stories_for(self._orders.publications) - self._house.stories

    def _bring_stories(self) -> None:
        """Stories come in as the storm goes on, so that every kill finds work to interrupt."""
        done, orders = self._outcome, self._orders
        part = min(done.kills / max(1, orders.kills), done.sandbox_kills / max(1, orders.sandbox_kills))
        wanted = min(stories_for(orders.publications), 4 + round(part * stories_for(orders.publications)))
        count = wanted - self._house.stories
        if count > 0 and self._sandbox_dies_at is not None:
            self._outcome.publications += self._house.sign_off(count, now=self._platforms.now())

    # ── the calm ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _calm(self) -> None:
        """No more faults and kills: round after round until only what a person has to look at is left.

        The clock is pushed forward between the rounds, when no publisher is alive that could be taken for dead.
        """
        self._platforms.wait()
        self._platforms.clear_faults()
        for number, seconds in enumerate(CALM_STEPS):
            self._round(f"{self._orders.seed}/calm/{number}")
            if not self._open(number):
                break
            self._platforms.advance(seconds)

    def _round(self, seed: str) -> None:
        child = publisher.fork(partial(publisher.work, self._house, seed, once=True), self._log)
        give_up = time.monotonic() + ROUND_SECONDS
        self._children[child] = give_up
        while time.monotonic() < give_up:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                del self._children[child]
                if status:
                    self._outcome.crashes.append(f"publisher in the calm: {os.waitstatus_to_exitcode(status)}")
                return
            time.sleep(0.01)
        self._kill(child)
        self._outcome.crashes.append(f"publisher in the calm was not through after {ROUND_SECONDS} s")

    def _open(self, number: int) -> bool:
        """Whether another round may change something; `unknown` is looked for as often as the outbox does by itself."""
        with closing(Ledger(self._ledger_url)) as ledger, ledger.read() as session:
            states = session.scalars(select(Publication.state).distinct()).all()
        return any(state in SETTLES for state in states) or ("unknown" in states and number < 6)

    # ── the reckoning ────────────────────────────────────────────────────────────────────────────────────────────

    def _entries(self) -> list[Entry]:
        with closing(Ledger(self._ledger_url)) as ledger, ledger.read() as session:
            dead = select(func.count()).where(
                PublicationEvent.from_state == "sending", PublicationEvent.why == "发送的进程没有回音"
            )
            self._outcome.interrupted = session.scalar(dead) or 0
            return [
                Entry(
                    id=row.id,
                    channel=row.channel,
                    outlet=row.outlet,
                    story=number_in(row.version.title),
                    state=row.state,
                    why=row.last_error or "",
                    external_id=row.external_id or "",
                    url=row.url or "",
                )
                for row in session.scalars(select(Publication).order_by(Publication.id))
            ]

    def _out(self) -> int:
        """Publications that were sent."""
        with closing(Ledger(self._ledger_url)) as ledger, ledger.read() as session:
            sent = select(func.count()).where(Publication.state.not_in(("scheduled", "sending")))
            return session.scalar(sent) or 0

    @property
    def _log(self) -> Path:
        return self._folder / "publishers.log"
