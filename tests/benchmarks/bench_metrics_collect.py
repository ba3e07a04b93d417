"""Collecting the figures of 50,000 live publications from the sandbox: calls, and how long it takes.

Everything is due at once, on seven platforms with an account for each of 38 newsrooms, published over thirty days.

`metrics_calls`: calls that the platforms hear, against the fewest that could do it by their protocols, for a house that
knows nothing yet but its credentials:

* WeChat: an account's token, and one call a day of publication before today (the datacube tells of one day a call).
* Weibo: a hundred statuses a call. WordPress: a hundred posts. Douyin: twenty items. Kuaishou: pages of two hundred.
* Bilibili: `arc/stat` tells of one archive. Alipay: all articles of thirty days in one call.

`metrics_wall`: the whole collection — finding what is due, asking, writing snapshots and days, planning the next
reading — against a thread pool of as many threads that makes the very same requests again, account by account, with
bare `requests`, reads the answers and does nothing else. Each platform answers after 50 ms ± 20, as for publishing:
without that the sandbox's own work on the same two processors would be measured. They take turns; medians are compared.
Environment: RONGMEI_BENCH_PUBLICATIONS, 50,000 by default; RONGMEI_BENCH_ROUNDS, 2.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import text
from tests.benchmarks.newsrooms import plan_of
from tests.benchmarks.numbers import CHANNELS, OUTLETS, add_publications, ledger_on
from tests.benchmarks.platforms import platforms

from rongmei.accounts import SandboxCredentials
from rongmei.channels.client import Client
from rongmei.channels.platforms.bilibili.signing import signed
from rongmei.clock import local_date
from rongmei.ledger import Ledger
from rongmei.metrics import CollectSummary, collect_due
from sandbox.app import DATABASE
from sandbox.store import Document, Post, Store, content_hash

CALLS_LIMIT, WALL_LIMIT = 1.05, 1.15
PUBLICATIONS = int(os.environ.get("RONGMEI_BENCH_PUBLICATIONS", "50000"))
ROUNDS = int(os.environ.get("RONGMEI_BENCH_ROUNDS", "2"))
WORKERS = 4
MEAN_MS, SPREAD_MS = 50.0, 20.0
DAYS = 30
BATCHES = {"weibo": 100, "wordpress": 100, "douyin": 20, "kuaishou": 200, "bilibili": 1}
Sent = Mapping[str, Sequence[requests.PreparedRequest]]
"""What an account's client sent, by account, in order."""


def run() -> list[dict[str, Any]]:
    """{"name", "ours", "against", "ratio", "limit", …} of calls and of seconds."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="rongmei-bench-") as folder, ledger_on("sqlite", Path(folder)) as ledger:
        assert ledger is not None
        posts = add_publications(ledger, PUBLICATIONS, days=DAYS, since=now - timedelta(days=DAYS, hours=-2))
        with platforms(Path(folder) / "there", OUTLETS, furnish=lambda state: furnish(state, posts)) as there:
            there.slow_down(MEAN_MS, SPREAD_MS)
            connect = SandboxCredentials(there.url)
            before = there.calls()
            with listening() as sent:
                told, seconds = _collect(ledger, connect)
            heard = there.calls() - before
            rounds = [(seconds, _again(sent, there.credentials()))]
            for _ in range(ROUNDS - 1):
                _forget(ledger)
                rounds.append((_collect(ledger, connect)[1], _again(sent, there.credentials())))
    fewest = least(posts, now)
    ours, against = heard.total(), sum(fewest.values())
    mine, bare = (statistics.median(column) for column in zip(*rounds, strict=True))
    snapshots = sum(one.snapshots for one in told)
    if snapshots < sum(local_date(one["live_at"]) < local_date(now) for one in posts):
        raise AssertionError(f"only {snapshots} snapshots: {told}")
    return [
        {
            "name": "metrics_calls",
            "ours": ours,
            "against": against,
            "ratio": round(ours / against, 3),
            "limit": CALLS_LIMIT,
            "publications": len(posts),
            "channels": {channel: [heard[channel], count] for channel, count in fewest.items()},
        },
        {
            "name": "metrics_wall",
            "ours": round(mine, 2),
            "against": round(bare, 2),
            "ratio": round(mine / bare, 3),
            "limit": WALL_LIMIT,
            "threads": WORKERS,
            "snapshots": snapshots,
            "rounds": [round(one / other, 3) for one, other in rounds],
        },
    ]


def least(posts: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """Calls of each channel, see the module."""
    accounts: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for post in posts:
        accounts[post["channel"]][post["account"]].append(post["live_at"])
    found = Counter(
        {
            channel: sum(ceil(len(times) / size) for times in accounts[channel].values())
            for channel, size in BATCHES.items()
        }
    )
    for times in accounts["wechat"].values():
        found["wechat"] += 1 + len({local_date(at) for at in times} - {local_date(now)})
    found["alipay"] = len(accounts["alipay"])
    return dict(found)


def _collect(ledger: Ledger, connect: SandboxCredentials) -> tuple[list[CollectSummary], float]:
    plan = plan_of({channel: [1] * OUTLETS for channel in CHANNELS})
    # The sandbox's credentials have to be asked for once; Airflow's connections are at hand.
    connect(*next(iter(plan.cluster.accounts())))
    started = time.perf_counter()
    told = [
        collect_due(ledger, [plan], channel, rehearsal=False, connect=connect, clock=_now, workers=WORKERS)
        for channel in CHANNELS
    ]
    return told, time.perf_counter() - started


def _now() -> datetime:
    return datetime.now(UTC)


def _forget(ledger: Ledger) -> None:
    """Everything is due again, and nothing was ever read."""
    with ledger.begin() as session:
        for table in ("snapshot", "snapshot_day", "due_reading", "quota_use"):
            session.execute(text(f"DELETE FROM {table}"))


@contextmanager
def listening() -> Any:
    """Keeps every request that a channel's client sends, by account."""
    sent: dict[str, list[requests.PreparedRequest]] = defaultdict(list)
    original = Client._exchange

    def exchange(self: Client, request: requests.Request) -> Any:
        sent[self.account].append(self.session.prepare_request(request))
        return original(self, request)

    Client._exchange = exchange  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        Client._exchange = original  # type: ignore[method-assign]


def _again(sent: Sent, credentials: Mapping[str, Mapping[str, str]]) -> float:
    """The same requests with bare `requests`, channel by channel as they were made; seconds."""
    started = time.perf_counter()
    for channel in CHANNELS:
        mine = [account for account in sent if account.endswith(f"/{channel}")]
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda account: _send(sent[account], credentials[account]), mine))
    return time.perf_counter() - started


def _send(prepared: Sequence[requests.PreparedRequest], credential: Mapping[str, str]) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for request in prepared:
            if "X-Bili-Signature-Nonce" in request.headers:
                # A nonce is good once.
                names = ("client_id", "client_secret", "access_token")
                fields = {name: credential[name] for name in names}
                request.headers.update(signed(b"", nonce=secrets.token_hex(16), at=_now(), **fields))
            assert session.send(request, timeout=60).content


def furnish(state: Path, posts: Sequence[Mapping[str, Any]]) -> None:
    """Lay the publications into a sandbox that has not started yet, as if they had been published there."""
    state.mkdir(parents=True)
    store = Store(state / DATABASE)
    with store.transaction():
        for number, post in enumerate(posts, 1):
            _lay(store, number, post)
    store.close()


def _lay(store: Store, number: int, post: Mapping[str, Any]) -> None:
    channel, outlet, at = post["channel"], post["outlet"], post["live_at"].timestamp()
    title = f"第 {post['story_id']} 条"
    name = f"{number}_1" if channel == "wechat" else str(number)
    store.publish(
        Post(channel, name, outlet, 20_000, title, "", f"/{channel}/{number}", 1, at, content_hash(title, ""))
    )
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "douyin": (
            "item",
            {"ordinal": number, "video_id": f"v{number}", "text": title, "cover": "", "media_type": 4, "status": 1},
        ),
        "kuaishou": (
            "photo",
            {
                "ordinal": number,
                "caption": title,
                "cover": "/k/cover",
                "status": "public",
                "pieces": [],
                "mime": "video/mp4",
            },
        ),
        "bilibili": ("archive", {"title": title, "ptime": at, "deleted": False, "state": 0, "held_by": None}),
        "wordpress": (
            "post",
            {
                "id": number,
                "title": title,
                "content": "",
                "excerpt": "",
                "status": "publish",
                "slug": f"p{number}",
                "date": at,
                "modified": at,
                "categories": [1],
                "tags": [],
                "featured_media": 0,
                "comment_status": "open",
                "ping_status": "open",
                "sticky": False,
                "format": "standard",
                "template": "",
                "meta": {},
            },
        ),
    }
    if channel in bodies:
        kind, body = bodies[channel]
        store.put(channel, Document(kind, str(number), outlet, at, body))


if __name__ == "__main__":
    for one in run():
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
