"""Whatever crashes when, and however the publications are bundled anew: each goes out exactly once.

Only where an editor meddles with the drafts as well may one be left for a person to settle, and none goes out twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongmei.channels import Absent, Accepted, Article, Parcel, Progress
from rongmei.channels.platforms.wechat import WechatChannel
from rongmei.errors import OutcomeUnknown, TryLater

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
ROUNDS = 60


@dataclass
class Row:
    """A publication as a ledger keeps it: its state, its progress, and whether a send was noted as leaving."""

    article: Article
    state: str = "scheduled"
    progress: dict[str, Any] = field(default_factory=dict)
    leaving: bool = False
    external_id: str = ""


@dataclass
class Ledger:
    """Rows whose commits may be the moment at which the worker dies."""

    rows: list[Row]
    killed: type[BaseException]
    deaths: set[int]
    commits: int = 0

    def parcel(self, row: Row) -> Parcel:
        def commit(values: dict[str, Any]) -> None:
            self.commits += 1
            if self.commits in self.deaths:
                raise self.killed
            row.progress = values

        return Parcel(row.article, Progress(row.progress, commit))

    def of(self, state: str) -> list[Row]:
        return [row for row in self.rows if row.state == state]


def send(channel: WechatChannel, line: Any, ledger: Ledger, rows: list[Row]) -> None:
    """What a worker does with a bundle, and what the next one makes of what it left."""
    parcels = [ledger.parcel(row) for row in rows]
    try:
        for parcel in parcels:
            channel.prepare(line, parcel.article, parcel.progress)
        channel.assemble(line, parcels)
        for row in rows:
            row.leaving = True
        accepted = channel.send_together(line, parcels)
    except TryLater:
        for row in rows:
            row.leaving = False
    except (OutcomeUnknown, ledger.killed):
        for row in rows:
            row.state = "unknown" if row.leaving else "scheduled"
    else:
        for row, answer in zip(rows, accepted, strict=True):
            row.state, row.external_id = "accepted", answer.external_id
            row.progress = {**row.progress, **answer.keep}


def settle(channel: WechatChannel, line: Any, killed: type[BaseException], row: Row) -> None:
    try:
        sighting = channel.find(line, row.article.fingerprint, NOW, row.progress)
    except (TryLater, killed):
        return
    if isinstance(sighting, Accepted):
        row.state, row.external_id = "accepted", sighting.external_id
    elif isinstance(sighting, Absent):
        row.state, row.leaving = "scheduled", False


def by_hand(account: Any, ledger: Ledger, what: str) -> None:
    """An editor publishes or deletes a draft that waits for all of its publications.

    One that may have been submitted is not deleted here: nobody could tell any more what became of it, and a person
    would have to.
    """
    waiting = {row.progress.get("draft") for row in ledger.of("scheduled")}
    for draft in [draft for draft in account.drafts if draft in waiting]:
        marks = {article["content_source_url"].partition("rm=")[2] for article in account.drafts[draft]}
        users = [row for row in ledger.of("scheduled") if row.progress.get("draft") == draft]
        noted = any(row.progress.get("submitted") == draft for row in ledger.rows)
        if {row.article.fingerprint for row in users} != marks or (what == "delete" and noted):
            continue
        account.publish(draft) if what == "publish" else account.drafts.pop(draft)
        return


FAULTS = st.lists(st.sampled_from(["ok", "ok", "ok", "refused", "lost", "before", "after"]), max_size=30)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(1, 9),
    faults=FAULTS,
    deaths=st.sets(st.integers(1, 60), max_size=4),
    sizes=st.lists(st.integers(1, 8), min_size=1, max_size=8),
    looks=st.lists(st.booleans(), max_size=40),
    delays=st.lists(st.integers(0, 12), max_size=4),
    hands=st.lists(st.sampled_from(["", "", "publish", "delete"]), max_size=8),
)
def test_exactly_once(
    new_account: Callable[[], Any],
    line: Any,
    numbered: Any,
    killed: type[BaseException],
    count: int,
    faults: list[str],
    deaths: set[int],
    sizes: list[int],
    looks: list[bool],
    delays: list[int],
    hands: list[str],
) -> None:
    account, channel, wire_line, meddled = new_account(), WechatChannel(), line("wechat"), any(hands)
    account.faults, account.delays = list(faults), list(delays)
    rows = [Row(numbered(number), progress={"cover": f"C-{number}"}) for number in range(1, count + 1)]
    ledger = Ledger(rows, killed, deaths)
    for turn in range(ROUNDS):
        due, size = ledger.of("scheduled"), sizes[turn % len(sizes)]
        if due:
            send(channel, wire_line, ledger, due[:size])
        for row in ledger.of("unknown"):
            if not looks or looks.pop(0):
                settle(channel, wire_line, killed, row)
        if hands and (what := hands.pop(0)):
            by_hand(account, ledger, what)
        if not hands and not ledger.of("scheduled") and not ledger.of("unknown"):
            break
    out = [mark for message in account.marks() for mark in message]
    accepted = ledger.of("accepted")
    assert sorted(out) == [row.article.fingerprint for row in accepted]
    assert len({row.external_id for row in accepted}) == len(accepted)
    # Where a person meddled with a draft while a worker died, a person may have to look; never is anything out twice.
    assert len(accepted) == count or meddled
    assert len(accepted) + len(ledger.of("unknown")) == count
