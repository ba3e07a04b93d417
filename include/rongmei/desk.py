"""What a step of an edition holds in its hands: the ledger, the plan, the edition's key, the clock, accounts, the post.

The Airflow tasks and the command line make it each in their own way and hand it to the same stage functions.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Self

import requests
from sqlalchemy import select

from rongmei.accounts import Connect, SandboxCredentials
from rongmei.clock import aware, utcnow
from rongmei.config import ClusterPlan, Plan, load_campaign, load_cluster
from rongmei.errors import BadInput, TryLater
from rongmei.ledger import Edition, Ledger, Story, get_edition
from rongmei.mail import Transport
from rongmei.settings import Settings


@dataclass(frozen=True)
class Desk:
    """One step's view of its edition.

    Attributes:
        key: edition key; empty until the edition is open.
        rehearsal: the edition publishes to the sandbox and lives in the sandbox's time.
        accounts: finds the credential of an account for a real edition.
        post: opens the way mail leaves by.
    """

    settings: Settings
    plan: Plan
    key: str
    rehearsal: bool
    accounts: Connect
    post: Callable[[], Transport]

    @cached_property
    def ledger(self) -> Ledger:
        """The newsroom database."""
        return Ledger(self.settings.ledger_url)

    def now(self) -> datetime:
        """The moment the edition lives in, aware UTC: the sandbox's clock in a rehearsal, else the real one."""
        return self._clock()

    @cached_property
    def _clock(self) -> Callable[[], datetime]:
        return SandboxClock(self._sandbox()) if self.rehearsal else utcnow

    @cached_property
    def connect(self) -> Connect:
        """Finds the credential of an account; a rehearsal only ever gets the sandbox's."""
        if not self.rehearsal:
            return self.accounts
        return SandboxCredentials(self._sandbox(), self.settings.home / "rehearsal" / "exports")

    def play(self, scenario: str) -> None:
        """Have the sandbox's platforms go through `scenario`, in place of the one before; real editions know none.

        Raises:
            TryLater: the sandbox is not there.
            BadInput: it does not know the scenario.
        """
        if not self.rehearsal:
            return
        try:
            answer = requests.post(f"{self._sandbox()}/_sandbox/scenarios/{scenario}", timeout=(3, 10))
        except requests.RequestException as problem:
            raise TryLater(f"沙箱没有应答（{type(problem).__name__}），稍后再试") from None
        if answer.status_code == requests.codes.not_found:
            raise BadInput(f"沙箱不认得彩排场景“{scenario}”", mend="换一个场景，或升级沙箱")
        if answer.status_code != requests.codes.ok:
            raise TryLater(f"沙箱没有摆出场景（HTTP {answer.status_code}），稍后再试")

    @cached_property
    def transport(self) -> Transport:
        """The post."""
        return self.post()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()

    def _sandbox(self) -> str:
        if self.settings.sandbox_url is None:
            raise BadInput("彩排没有可用的沙箱", mend="设置环境变量 RONGMEI_SANDBOX，或触发时关掉“彩排”")
        return self.settings.sandbox_url


@dataclass(frozen=True)
class ClusterDesk:
    """What a report about a whole cluster holds in its hands: no edition, no accounts.

    Attributes:
        rehearsal: it is about the rehearsals and lives in the sandbox's time.
        post: opens the way mail leaves by.
    """

    settings: Settings
    plan: ClusterPlan
    rehearsal: bool
    post: Callable[[], Transport]

    @cached_property
    def ledger(self) -> Ledger:
        """The newsroom database."""
        return Ledger(self.settings.ledger_url)

    def now(self) -> datetime:
        """The moment it lives in, aware UTC: the sandbox's clock in a rehearsal, else the real one."""
        return self._clock()

    @cached_property
    def _clock(self) -> Callable[[], datetime]:
        if not self.rehearsal:
            return utcnow
        if self.settings.sandbox_url is None:
            raise BadInput("彩排没有可用的沙箱", mend="设置环境变量 RONGMEI_SANDBOX，或关掉“彩排”")
        return SandboxClock(self.settings.sandbox_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()


def cluster_desk(settings: Settings, cluster: str, *, rehearsal: bool, post: Callable[[], Transport]) -> ClusterDesk:
    """The desk of a cluster.

    Raises:
        ConfigErrors: there is no such cluster, or its file has problems.
    """
    return ClusterDesk(settings, load_cluster(settings.config, cluster), rehearsal, post)


def desk_of(settings: Settings, campaign: str, key: str, *, accounts: Connect, post: Callable[[], Transport]) -> Desk:
    """The desk of an open edition.

    Raises:
        BadInput: there is no such edition.
        ConfigErrors: the campaign's files have problems.
    """
    plan = load_campaign(settings.config, campaign)
    with closing(Ledger(settings.ledger_url)) as ledger, ledger.read() as session:
        rehearsal = get_edition(session, key).rehearsal
    return Desk(settings, plan, key, rehearsal, accounts, post)


HEARD_IS_GOOD_FOR = timedelta(milliseconds=200)
"""A step asks what time it is several times a post; the sandbox's clock is not asked more often than this."""


def story_desk(settings: Settings, story_id: int, *, accounts: Connect, post: Callable[[], Transport]) -> Desk:
    """The desk of the edition that a story belongs to.

    Raises:
        BadInput: there is no such story.
    """
    with closing(Ledger(settings.ledger_url)) as ledger, ledger.read() as session:
        key = session.scalar(
            select(Edition.key).join(Story, Story.edition_id == Edition.id).where(Story.id == story_id)
        )
    if key is None:
        raise BadInput(f"没有稿件 #{story_id}", mend="编号见考核报告、审稿页，或 rongmei stories list 期次")
    return desk_of(settings, key.partition("/")[0], key, accounts=accounts, post=post)


class SandboxClock:
    """The sandbox's clock for one step; once heard, it goes on by itself while the sandbox is away.

    A step must be able to write down what has become of a post even when the platforms have just gone dark.
    """

    def __init__(self, base_url: str, wall: Callable[[], datetime] = utcnow) -> None:
        self._base_url = base_url
        self._wall = wall
        self._heard: tuple[datetime, timedelta] | None = None

    def __call__(self) -> datetime:
        """The sandbox's time, aware UTC.

        Raises:
            TryLater: the sandbox has never answered.
        """
        heard, now = self._heard, self._wall()
        if heard is not None and timedelta(0) <= now - heard[0] < HEARD_IS_GOOD_FOR:
            return now + heard[1]
        try:
            there = sandbox_now(self._base_url)
        except TryLater:
            if heard is None:
                raise
            return now + heard[1]
        self._heard = now, there - now
        return there


def sandbox_now(base_url: str) -> datetime:
    """The sandbox's time, aware UTC.

    Raises:
        TryLater: the sandbox is not there.
    """
    try:
        answer = requests.get(f"{base_url}/_sandbox/clock", timeout=(3, 10))
        answer.raise_for_status()
        return aware(datetime.fromisoformat(answer.json()["now"]))
    except (requests.RequestException, KeyError, TypeError, ValueError) as problem:
        raise TryLater(f"沙箱没有应答（{type(problem).__name__}），稍后再试") from None
