"""Finds the outlet, column and channel that somebody meant by the name they wrote."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import fuzz, process

from rongmei.config import CHANNEL_NAMES, Campaign, Cluster, Outlet
from rongmei.text.normalise import clean_line, fold

NEAR_NAMES = 3
NEAR_ENOUGH = 40
_TAILS = re.compile(r"(?:融媒体中心|融媒中心|融媒体|融媒|街道办事处|街道办|街道|镇政府|镇|发布)$")
_CHANNEL_WORDS = {
    "wechat": ("微信", "公众号", "微信公众号", "wechat", "weixin"),
    "weibo": ("微博", "新浪微博", "weibo"),
    "wordpress": ("网站", "官网", "网", "wordpress", "web"),
}


def _key(name: str) -> str:
    return "".join(fold(clean_line(name, 80)).split())


class Directory:
    """The names of a campaign's cluster, columns and channels, made once for a run."""

    def __init__(self, campaign: Campaign, cluster: Cluster) -> None:
        self._cluster = cluster
        self._outlets = _outlet_names(cluster.outlets)
        self._columns = {_key(name): column.id for column in campaign.columns for name in (column.id, column.name)}
        self._channels = {_key(word): channel for channel, words in _CHANNEL_WORDS.items() for word in words}
        self._channels |= {_key(name): channel for channel, name in CHANNEL_NAMES.items()}

    def outlet(self, name: str) -> str | None:
        """The id of the outlet of that id, name, account name or place (东城, 东城街道, 东城融媒); None if unsure."""
        key = _key(name)
        for candidate in (key, _TAILS.sub("", key)):
            found = self._outlets.get(candidate, set())
            if len(found) == 1:
                return next(iter(found))
        return None

    def near(self, name: str) -> tuple[str, ...]:
        """Names of outlets written alike, best first, for a message; empty when nothing comes near."""
        key = _key(name)
        shared = [*self._outlets.get(key, ()), *self._outlets.get(_TAILS.sub("", key), ())]
        alike = process.extract(key, sorted(self._outlets), scorer=fuzz.ratio, limit=12, score_cutoff=NEAR_ENOUGH)
        ids = [*sorted(set(shared)), *(outlet for written, _, _ in alike for outlet in sorted(self._outlets[written]))]
        return tuple(self._cluster.outlet(outlet).name for outlet in dict.fromkeys(ids))[:NEAR_NAMES]

    def column(self, name: str | None) -> str | None:
        """The id of the column (栏目) of that id or name, or None."""
        return self._columns.get(_key(name)) if name else None

    def channels(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Ids of the channels named, in order and once each, and the names nobody knows."""
        known: list[str] = []
        strange: list[str] = []
        for name in names:
            channel = self._channels.get(_key(name))
            if channel is None:
                strange.append(name)
            elif channel not in known:
                known.append(channel)
        return known, strange


def _outlet_names(outlets: Iterable[Outlet]) -> dict[str, set[str]]:
    """Every name an outlet goes by → the ids that go by it; a name of several outlets means none of them."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for outlet in outlets:
        # The city is covered by several city outlets; its name is nobody's.
        places = () if outlet.kind == "city" else outlet.regions
        own = (outlet.id, outlet.name, _TAILS.sub("", outlet.name), *(account.handle for account in outlet.accounts))
        for name in (*own, *places):
            if key := _key(name):
                names[key].add(outlet.id)
    return names
