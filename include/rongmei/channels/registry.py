"""Finds a channel by the name that configuration and ledger use for it; every module of `platforms` may hold some."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from rongmei.channels import platforms
from rongmei.channels.base import Channel, Described, HandOff
from rongmei.errors import BadInput


@cache
def all_channels() -> dict[str, Described]:
    """Every channel by name: sites first, because others link to their pages, then by name."""
    found: list[Described] = []
    for module in pkgutil.iter_modules(platforms.__path__):
        found += importlib.import_module(f"{platforms.__name__}.{module.name}").CHANNELS
    return {channel.name: channel for channel in sorted(found, key=_order)}


def _order(channel: Described) -> tuple[bool, int, str]:
    kinds = ("platform", "handoff", "export")
    return not channel.capabilities.page, kinds.index(channel.capabilities.kind), channel.name


def describe(name: str) -> Described:
    """What is known of the channel of that name.

    Raises:
        BadInput: there is none.
    """
    found = all_channels().get(name)
    if found is None:
        raise BadInput(f"没有渠道“{name}”", mend=f"可用的有：{'、'.join(all_channels())}")
    return found


def get_channel(name: str) -> Channel:
    """The channel of that name, which must have an interface to publish by.

    Raises:
        BadInput: there is none, or people publish there by hand.
    """
    found = describe(name)
    if found.capabilities.kind == "handoff":
        raise BadInput(f"渠道“{found.label}”没有发布接口", mend="由人工发布后登记网址")
    return found  # type: ignore[return-value] # what a kind has to offer is checked by a test over all channels


def get_handoff(name: str) -> HandOff:
    """The hand-off channel of that name.

    Raises:
        BadInput: there is none, or it has an interface.
    """
    found = describe(name)
    if found.capabilities.kind != "handoff":
        raise BadInput(f"渠道“{found.label}”由接口发布，不需要人工")
    return found  # type: ignore[return-value] # as above
