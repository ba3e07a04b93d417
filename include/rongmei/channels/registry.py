"""Finds a channel by the name that configuration and ledger use for it."""

from __future__ import annotations

from rongmei.channels.base import Channel
from rongmei.channels.wechat import WechatChannel
from rongmei.channels.weibo import WeiboChannel
from rongmei.channels.wordpress import WordpressChannel
from rongmei.errors import BadInput

_CHANNELS: dict[str, Channel] = {
    channel.name: channel for channel in (WechatChannel(), WeiboChannel(), WordpressChannel())
}


def get_channel(name: str) -> Channel:
    """The channel of that name.

    Raises:
        BadInput: there is none.
    """
    if name not in _CHANNELS:
        raise BadInput(f"没有渠道“{name}”", mend=f"可用的有：{'、'.join(_CHANNELS)}")
    return _CHANNELS[name]
