"""How many calls the platforms hear for an edition's thousand publications, against the fewest that could do it.

Without faults; from the first upload to the answer that the post is before the public. The fewest are counted from the
platforms' protocols, for a house that knows nothing yet but its credentials, and publishes exactly once:

* WeChat: an account's token; a publication's cover and its other pictures, each by itself; for up to eight publications
  together one draft, one submission, and one look at how that went.
* Weibo: one call, the picture in it.
* WordPress: an account looks up its column and its tag; a publication's pictures, each by itself; the draft under our
  slug; its publication. (A post could be made public in one call, but one whose answer is lost would be made twice.)
* Douyin: film, cover, post; one look for up to twenty posts of an account.
* Kuaishou: where to upload, film, post; `photo/info` looks at one post.
* Bilibili: an account looks up its section; cover, begin, part and end of the film, post; `archive/view` looks at one.
* Alipay: cover, other pictures, each by itself; page; message; one look for up to twenty messages of an account.
* Files for partners: none.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

import requests
from requests.auth import HTTPBasicAuth
from tests.benchmarks.newsrooms import COLUMN, PICTURES, TAG, Newsrooms, edition_of_a_thousand
from tests.benchmarks.platforms import Platforms, platforms
from tests.benchmarks.publishers import publish_edition

LIMIT = 1.05
WORKERS = 4
BODY = PICTURES - 1
"""Pictures of a story beside its cover."""


def run() -> dict[str, Any]:
    """{"name", "ours", "against", "ratio", "limit", "channels"}: calls; ours and the fewest of each channel."""
    with tempfile.TemporaryDirectory(prefix="rongmei-bench-") as folder, platforms(Path(folder) / "there") as there:
        rooms = edition_of_a_thousand(Path(folder) / "home", sandbox_url=there.url, now=datetime.now(UTC))
        make_terms(there, rooms)
        before = there.calls()
        publish_edition(rooms, workers=WORKERS, confirming=True)
        heard = there.calls() - before
    least = {channel: fewest(channel, counts) for channel, counts in rooms.work.items()}
    ours, against = heard.total(), sum(least.values())
    return {
        "name": "publish_calls",
        "ours": ours,
        "against": against,
        "ratio": round(ours / against, 3),
        "limit": LIMIT,
        "channels": {channel: [heard[channel], count] for channel, count in least.items()},
    }


def fewest(channel: str, counts: Sequence[int]) -> int:
    """Calls for so many publications on each account, see the module."""
    each, account, together, bundle = {
        "wechat": (1 + BODY, 1, 3, 8),
        "weibo": (1, 0, 0, 1),
        "wordpress": (1 + BODY + 2, 2, 0, 1),
        "douyin": (3, 0, 1, 20),
        "kuaishou": (3, 0, 1, 1),
        "bilibili": (5, 1, 1, 1),
        "alipay": (1 + BODY + 2, 0, 1, 20),
        "ninjs": (0, 0, 0, 1),
    }[channel]
    return sum(count * each + account + together * ceil(count / bundle) for count in counts)


def make_terms(there: Platforms, rooms: Newsrooms) -> None:
    """A site that has been in use has its column and its tag."""
    for account, fields in there.credentials().items():
        if account.endswith("/wordpress") and int(account.split("-")[1].split("/")[0]) < len(rooms.work["wordpress"]):
            auth = HTTPBasicAuth(fields["username"], fields["password"])
            for kind, name in (("categories", COLUMN), ("tags", TAG)):
                url = f"{fields['base_url']}/wp-json/wp/v2/{kind}"
                requests.post(url, json={"name": name}, auth=auth, timeout=10).raise_for_status()
