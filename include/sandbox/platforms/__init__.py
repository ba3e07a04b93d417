"""The platforms the sandbox stands in for. To add one: write its module and put its ``PLATFORM`` in this tuple."""

from __future__ import annotations

from sandbox.platforms.alipay import PLATFORM as ALIPAY
from sandbox.platforms.bilibili import PLATFORM as BILIBILI
from sandbox.platforms.douyin import PLATFORM as DOUYIN
from sandbox.platforms.kuaishou import PLATFORM as KUAISHOU
from sandbox.platforms.wechat import PLATFORM as WECHAT
from sandbox.platforms.weibo import PLATFORM as WEIBO
from sandbox.platforms.wordpress import PLATFORM as WORDPRESS
from sandbox.wire import Platform

PLATFORMS: tuple[Platform, ...] = (WECHAT, WEIBO, WORDPRESS, DOUYIN, KUAISHOU, BILIBILI, ALIPAY)
