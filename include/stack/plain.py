"""`rongmei demo`: one 村超 edition step by step without Airflow, against the same sandbox and mail catcher."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from rongmei import appraisal, assignments, metrics, pitches, publishing, reports, stories
from rongmei.channels import Credential
from rongmei.config import Account, Outlet, load_campaign
from rongmei.desk import Desk
from rongmei.ledger import Ledger, edition_key, open_edition
from rongmei.mail import SmtpTransport
from rongmei.settings import load_settings
from stack.demo import CAMPAIGN, STORIES, keep_results, stopping
from stack.driver import free_day
from stack.embedded import prepare, start_companions
from stack.newsroom import Newsroom
from stack.services import StackError

ROUNDS = 100


def demo(root: Path, console: Console) -> None:
    """Run every stage in this process; the human steps are answered as four different people.

    Raises:
        StackError: something that is waited for does not come.
    """
    began = time.monotonic()
    stack = prepare(root)
    with stopping(stack), environment_of(stack.services.env):
        start_companions(stack, lambda line: console.print(f"[dim]{line}…[/]"))
        settings = load_settings()
        smtp = SmtpTransport.from_url(stack.services.env["RONGMEI_SMTP"])
        with closing(Ledger(settings.ledger_url)) as ledger:
            day = free_day(ledger, CAMPAIGN, stack.layout.sandbox_url)
        key = edition_key(CAMPAIGN, day, rehearsal=True)
        desk = Desk(settings, load_campaign(settings.config, CAMPAIGN), key, True, _no_real_account, lambda: smtp)
        with desk.ledger.begin() as session:
            open_edition(session, CAMPAIGN, day, rehearsal=True, options={"stories": STORIES}, now=desk.now())
        with closing(desk.ledger):
            Run(desk, Newsroom(settings), console).to_the_end()
        results = keep_results(stack, key)
    console.print(f"[bold green]完成[/]，共 {time.monotonic() - began:.0f} 秒")
    for name, place in results.items():
        console.print(f"  {name}  {place}", soft_wrap=True)


def _no_real_account(outlet: Outlet, account: Account) -> Credential:
    del outlet, account
    raise StackError("彩排不会用到真实账号")


@contextmanager
def environment_of(env: dict[str, str]) -> Iterator[None]:
    """This process with the stack's RONGMEI_… variables."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in env.items() if name.startswith("RONGMEI_")})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Run:
    """One edition, stage after stage, with the newsrooms played in between."""

    def __init__(self, desk: Desk, newsroom: Newsroom, console: Console) -> None:
        self.desk, self.newsroom, self.console = desk, newsroom, console

    def to_the_end(self) -> None:
        """All six stages."""
        self.pitching()
        self.assignment()
        self.production()
        self.publication()
        self.measurement()
        self.reporting()

    def pitching(self) -> None:
        """选题征集."""
        ledger, plan, key = self.desk.ledger, self.desk.plan, self.desk.key
        self.newsroom.step()
        for source in plan.campaign.sources:
            read = pitches.collect(ledger, plan, key, source.id, settings=self.desk.settings, now=self.desk.now())
            self.say("选题征集", source.name, read)
        self.say("选题征集", "打分入围", pitches.shortlist(ledger, plan, key, now=self.desk.now()))
        options = pitches.meeting(ledger, plan, key).options
        by = plan.campaign.pitching.meeting[0]
        accepted = [option.pitch_id for option in options[:STORIES]]
        done = pitches.record_decisions(ledger, plan, key, accepted=accepted, by=by, now=self.desk.now())
        self.say("选题征集", f"选题会（{by}）", done)
        told = pitches.tell_outcomes(ledger, plan, key, transport=self.desk.transport, clock=self.desk.now)
        self.say("选题征集", "告知报题结果", told)

    def assignment(self) -> None:
        """跨媒体派单."""
        ledger, plan, key = self.desk.ledger, self.desk.plan, self.desk.key
        self.say("跨媒体派单", "求最优分工", assignments.assign(ledger, plan, key, now=self.desk.now()))
        for _ in range(plan.campaign.assignment.max_rounds + 1):
            post = self.desk.transport
            self.say("跨媒体派单", "通知", assignments.notify(ledger, plan, key, transport=post, clock=self.desk.now))
            self.until("媒体答复", lambda: assignments.waiting(ledger, key, now=self.desk.now()) == 0)
            again = assignments.reassign(ledger, plan, key, now=self.desk.now())
            self.say("跨媒体派单", "改派", again)
            if assignments.waiting(ledger, key, now=self.desk.now()) == 0:
                return

    def production(self) -> None:
        """采编送审."""
        ledger, plan, key = self.desk.ledger, self.desk.plan, self.desk.key

        def all_in() -> bool:
            stories.intake(ledger, plan, key, settings=self.desk.settings, now=self.desk.now())
            return stories.waiting(ledger, key, now=self.desk.now()) == 0

        self.until("交稿", all_in)
        for stage, name in stories.STAGE_NAMES.items():
            sheet = stories.review_sheet(ledger, plan, key, stage, now=self.desk.now())
            if not sheet.items:
                continue
            passed = {item.story_id: item.content_hash for item in sheet.items}
            by = sheet.reviewers[0]
            done = stories.record_reviews(
                ledger, plan, key, stage, by=by, passed=passed, opinions={}, rejected=(), now=self.desk.now()
            )
            self.say("采编送审", f"{name}（{by}）", done)

    def publication(self) -> None:
        """发布分发."""
        desk = self.desk
        ledger, plan, key = desk.ledger, desk.plan, desk.key
        self.say("发布分发", "排期", publishing.plan_publications(ledger, plan, key, now=desk.now()))
        channels = plan.campaign.publishing.channels

        def all_sent() -> bool:
            for one in channels:
                publishing.publish(ledger, plan, key, one, connect=desk.connect, settings=desk.settings, clock=desk.now)
            return all(publishing.next_due(ledger, key, one) is None for one in channels)

        self.until("发布", all_sent)

        def all_confirmed() -> bool:
            for one in channels:
                publishing.confirm(ledger, plan, key, one, connect=desk.connect, clock=desk.now)
            return all(publishing.next_poll(ledger, key, one) is None for one in channels)

        self.until("上线", all_confirmed)

    def measurement(self) -> None:
        """效果采集."""
        desk = self.desk
        ledger, plan, key = desk.ledger, desk.plan, desk.key
        self.until("采集时点", lambda: metrics.checkpoint_due(ledger, plan, key, now=desk.now()))
        for channel in plan.campaign.publishing.channels:
            done = metrics.collect(ledger, plan, key, channel, connect=desk.connect, clock=desk.now)
            self.say("效果采集", channel, done)

    def reporting(self) -> None:
        """考核报告."""
        desk = self.desk
        ledger, plan, key = desk.ledger, desk.plan, desk.key
        self.say("考核报告", "计分", appraisal.score(ledger, plan, key, now=desk.now()))
        self.say("考核报告", "生成", reports.build(ledger, plan, key, settings=desk.settings, now=desk.now()))
        self.say("考核报告", "发送", reports.email(ledger, plan, key, transport=desk.transport, clock=desk.now))

    def until(self, what: str, ready: Callable[[], bool]) -> None:
        """Let the newsrooms act until `ready`.

        Raises:
            StackError: they have nothing left to do and it is still not there.
        """
        for _ in range(ROUNDS):
            if ready():
                return
            for line in self.newsroom.step():
                self.console.print(f"[dim]  {line}[/]", highlight=False)
        raise StackError(f"等不到{what}（{datetime.now(UTC):%H:%M:%S}）")

    def say(self, stage: str, what: str, summary: object) -> None:
        """One line a step."""
        self.console.print(f"[bold]{stage}[/] {what}  [dim]{summary}[/]", highlight=False, soft_wrap=True)
