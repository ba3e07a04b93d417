"""The channels have the faces that the rest of the house expects of them."""

import inspect
import typing

import pytest

from rongmei.channels import Bundling, Channel, Correcting, Hearing, all_channels
from rongmei.channels.platforms.bilibili import CHANNELS as BILIBILI
from rongmei.channels.platforms.douyin import CHANNELS as DOUYIN
from rongmei.channels.platforms.wechat import CHANNELS as WECHAT
from rongmei.channels.platforms.weibo import CHANNELS as WEIBO
from rongmei.channels.platforms.wordpress import CHANNELS as WORDPRESS

CHANNELS = [*WECHAT, *WEIBO, *WORDPRESS, *DOUYIN, *BILIBILI]


def names_of(function):
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_every_method_takes_what_the_protocol_says(channel):
    faces = [Channel, *(face for face in (Bundling, Correcting, Hearing) if isinstance(channel, face))]
    for face in faces:
        methods = {name for name, member in inspect.getmembers(face, inspect.isfunction) if not name.startswith("_")}
        assert methods
        for name in methods:
            assert names_of(getattr(type(channel), name)) == names_of(getattr(face, name)), name
            promised = typing.get_type_hints(getattr(face, name))["return"]
            given = typing.get_type_hints(getattr(type(channel), name))["return"]
            assert given == promised or given in typing.get_args(promised), name


@pytest.mark.parametrize(
    ("channel", "bundling", "correcting"),
    [(WECHAT[0], True, False), (WEIBO[0], False, False), (WORDPRESS[0], False, True)],
    ids=lambda value: getattr(value, "name", None),
)
def test_what_each_can_do(channel, bundling, correcting):
    assert isinstance(channel, Bundling) is bundling
    assert isinstance(channel, Correcting) is correcting
    assert (channel.capabilities.bundle > 1) is bundling


def test_who_is_called_by_its_platform():
    hearing = {name: channel for name, channel in all_channels().items() if isinstance(channel, Hearing)}
    assert set(hearing) == {"wechat", "douyin", "bilibili"}
    assert all(kind == kind.lower() and ";" not in kind for channel in hearing.values() for kind in channel.hears)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_quotas_have_names_of_their_own(channel):
    names = [quota.name for quota in channel.capabilities.quotas]
    assert len(set(names)) == len(names)
    assert all(quota.limit > 0 and quota.label for quota in channel.capabilities.quotas)
