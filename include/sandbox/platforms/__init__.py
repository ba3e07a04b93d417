"""The platforms the sandbox stands in for. To add one: write its module and put its ``PLATFORM`` in this tuple."""

from __future__ import annotations

from sandbox.platforms.wechat import PLATFORM as WECHAT
from sandbox.platforms.weibo import PLATFORM as WEIBO
from sandbox.platforms.wordpress import PLATFORM as WORDPRESS
from sandbox.wire import Platform

PLATFORMS: tuple[Platform, ...] = (WECHAT, WEIBO, WORDPRESS)
