"""Rules between files: whoever and whatever a campaign names must exist in its cluster and among the rule sets.

They are checked on the plain data of the files, so that a typo elsewhere in a campaign does not hide an unknown person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from rongmei.config.fields import Fault, Path, listing
from rongmei.config.yamlfile import every

_PEOPLE: tuple[Path, ...] = (
    ("owner",),
    ("pitching", "meeting", "*"),
    ("sources", "*", "moderators", "*"),
    ("production", "reviews", "*", "*"),
    ("reporting", "recipients", "*"),
    ("reporting", "wrapup", "people", "*"),
    ("reporting", "alerts", "*"),
)
_OUTLETS: tuple[Path, ...] = (("sources", "*", "outlet"), ("assignment", "recusals", "*", "outlet"))


def names(data: Any, *way: str) -> list[str]:
    """The texts a way leads to, e.g. `names(cluster, "people", "*", "id")`."""
    return [value for _, value in every(data, way) if isinstance(value, str)]


def cluster_faults(campaign: Any, cluster: Any) -> Iterator[Fault]:
    """What a campaign asks of its cluster that the cluster has not; both are the plain data of their files."""
    yield from _strangers(campaign, _PEOPLE, names(cluster, "people", "*", "id"), "人员")
    yield from _strangers(campaign, _OUTLETS, names(cluster, "outlets", "*", "id"), "媒体")
    yield from _mute_channels(campaign, cluster)


def name_faults(campaign: Any, key: Path, known: Collection[str], what: str) -> Iterator[Fault]:
    """A fault when the campaign names, at `key`, a cluster or rule set that there is not."""
    yield from _strangers(campaign, (key,), known, what)


def _strangers(data: Any, ways: tuple[Path, ...], known: Collection[str], what: str) -> Iterator[Fault]:
    for way in ways:
        for at, value in every(data, way):
            if isinstance(value, str) and value not in known:
                yield Fault(f"没有{what}“{value[:60]}”", f"可用的有：{listing(sorted(known))}", at)


def _mute_channels(campaign: Any, cluster: Any) -> Iterator[Fault]:
    """Channels to publish on that none of the accounts concerned is on."""
    city_only = names(campaign, "publishing", "accounts") == ["city"]
    outlets = [outlet for _, outlet in every(cluster, ("outlets", "*"))]
    if city_only:
        outlets = [outlet for outlet in outlets if names(outlet, "kind") == ["city"]]
    spoken = {channel for outlet in outlets for channel in names(outlet, "accounts", "*", "channel")}
    whose = "市级媒体" if city_only else "集群"
    for at, channel in every(campaign, ("publishing", "channels", "*")):
        if isinstance(channel, str) and channel not in spoken:
            mend = "先在集群文件里给媒体加上账号，或从 channels 里删掉这个渠道"
            yield Fault(f"{whose}里没有一个“{channel[:60]}”账号", mend, at)
