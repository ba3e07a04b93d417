"""Reading a request: bodies have a limit whatever they announce."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message

from sandbox.platforms import PLATFORMS
from sandbox.wire import MAX_BODY_BYTES, BodyTooLargeError, bounded


def read(sizes: list[int], most: int) -> list[int]:
    """How long the chunks were that came through."""
    chunks = iter(sizes)

    async def receive() -> Message:
        return {"type": "http.request", "body": bytes(next(chunks)), "more_body": True}

    async def run() -> list[int]:
        reading = bounded(receive, most)
        return [len((await reading())["body"]) for _ in sizes]

    return asyncio.run(run())


def test_a_body_may_have_exactly_its_limit() -> None:
    assert read([4, 0, 6], most=10) == [4, 0, 6]


@pytest.mark.parametrize("sizes", [[11], [4, 7], [10, 1, 10]])
def test_a_body_ends_where_it_grows_too_large(sizes: list[int]) -> None:
    with pytest.raises(BodyTooLargeError):
        read(sizes, most=10)


def test_messages_without_a_body_cost_nothing() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    assert asyncio.run(bounded(receive, 0)()) == {"type": "http.disconnect"}


def test_platforms_that_take_films_take_larger_bodies() -> None:
    limits = {platform.name: platform.max_body_bytes for platform in PLATFORMS}
    assert limits["bilibili"] > 100 * 1024 * 1024
    assert limits["alipay"] == limits["weibo"] == MAX_BODY_BYTES
