"""Bilibili against the real wire: the stand-in over loopback, with everything it can do to a caller."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
import requests
from PIL import Image

from rongmei.channels import Accepted
from rongmei.channels.platforms.bilibili import upload
from rongmei.errors import CredentialRefused, TryLater
from stack.films import film as moving

pytestmark = pytest.mark.net

INIT = "/arcopen/fn/archive/video/init"
PART = "/openupos/video/v2/part/upload"
COMPLETE = "/arcopen/fn/archive/video/complete"
COVER = "/arcopen/fn/archive/cover/upload"
ADD = "/arcopen/fn/archive/add-by-utoken"
VIEW = "/arcopen/fn/archive/view"
LIST = "/arcopen/fn/archive/viewlist"
PART_BYTES = 100_000

FAULTS = [
    {"kind": "refuse"},
    {"kind": "refuse", "status": 503},
    {"kind": "refuse", "times": 3},
    {"kind": "drop_after"},
    {"kind": "drop_after", "times": 2},
    {"kind": "server_error_after"},
    {"kind": "timeout", "seconds": 1.0},
    {"kind": "timeout", "seconds": 1.0, "perform": False},
    {"kind": "expired_token"},
    {"kind": "error"},
    {"kind": "error", "code": 123026},
    {"kind": "error", "code": 127009},
    {"kind": "error", "code": 4003},
    {"kind": "error", "code": 127022},
]


def name(fault):
    return "-".join(str(value) for value in fault.values())


@pytest.fixture(scope="module")
def content():
    """A real film of several hundred KB."""
    buffer = BytesIO()
    Image.effect_noise((800, 600), 90).convert("RGB").save(buffer, "JPEG")
    return moving(buffer.getvalue(), seconds=2)


@pytest.fixture
def article(story, clip, content, picture, photo):
    return story(
        videos=(clip(content),), pictures=(picture(photo((800, 600))),), tags=("村超", "东莞"), ai_generated=True
    )


@pytest.fixture
def sandbox_limits():
    return {"bilibili": {"part_bytes": PART_BYTES, "review_polls": 0}}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Parts so small that the film needs several."""
    monkeypatch.setattr(upload, "PART_BYTES", PART_BYTES)


def test_from_upload_to_recall(stand_in, channel, article):
    line = stand_in.line(channel)
    post = stand_in.publish(channel, line, article)
    assert post.state == "live", post.why
    (shown,) = stand_in.published()
    assert (shown["title"], shown["id"]) == (article.title, post.posted.external_id)
    assert shown["text"] == "全场观众超过三万人。\n记者 林初\n（本内容含人工智能生成合成信息）"
    assert requests.get(post.posted.url, timeout=5).status_code == 200
    calls = stand_in.calls()
    assert calls[PART] > 1
    assert calls[ADD] == calls[INIT] == calls[COMPLETE] == calls[COVER] == 1
    assert post.kept["submission"]["tid"] == 205

    found = channel.find(line, "", post.left_at, post.kept)
    assert found == Accepted(post.posted.external_id, post.posted.url, live=True)
    stand_in.move(hours=25)
    numbers = channel.read_numbers(line, [post.posted])[post.posted.external_id]
    assert numbers.reads > 0
    assert None not in (numbers.likes, numbers.comments, numbers.shares, numbers.favourites, numbers.raw["coin"])

    mended = replace(article, title="东城队二比一胜南城队（更正）")
    channel.correct(line, post.posted, mended, post.progress)
    assert [shown["title"] for shown in stand_in.published()] == [mended.title]

    assert channel.is_gone(line, post.posted) is False
    assert channel.recall(line, post.posted).how == "deleted"
    assert channel.is_gone(line, post.posted) is True
    assert channel.recall(line, post.posted).how == "deleted"
    assert [shown["deleted"] for shown in stand_in.published()] == [True]


@pytest.mark.parametrize(
    "path", [ADD, *(pytest.param(path, marks=pytest.mark.matrix) for path in (INIT, PART, COMPLETE, COVER, VIEW, LIST))]
)
@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_every_fault_leaves_one_archive(stand_in, channel, article, path, fault):
    stand_in.order(platform="bilibili", path=path, **fault)
    if path == LIST:
        # The list is only read when something is unclear.
        stand_in.order(platform="bilibili", path=ADD, kind="drop_after")
    post = stand_in.publish(channel, stand_in.line(channel), article)
    assert post.state == "live", post.why
    assert len(stand_in.published()) == 1


def test_review_may_say_no(stand_in, channel, article):
    stand_in.order(platform="bilibili", path=ADD, kind="review_rejected", message="封面不清楚")
    post = stand_in.publish(channel, stand_in.line(channel), article)
    assert (post.state, post.why) == ("failed", "封面不清楚")


def test_a_lost_archive_under_review_is_not_submitted_again(stand_in, channel, article):
    stand_in.order(platform="bilibili", path=ADD, kind="stay_pending")
    stand_in.order(platform="bilibili", path=ADD, kind="drop_after")
    post = stand_in.publish(channel, stand_in.line(channel), article, rounds=8)
    assert post.state == "accepted"
    requests.delete(f"{stand_in.base}/_sandbox/faults", timeout=5)
    stand_in.until_quiet(post)
    assert post.state == "live"
    assert stand_in.calls()[ADD] == 1


def test_half_a_minute_between_two_archives(stand_in, channel, article):
    line = stand_in.line(channel)
    first, second, third = (
        stand_in.post(channel, metered, replace(article, title=title))
        for title, metered in (("第一条", line), ("第二条", line), ("第三条", replace(line, meter=None)))
    )
    for post in (first, second, third):
        post.step(stand_in.now())
    assert [post.state for post in (first, second, third)] == ["accepted", "scheduled", "scheduled"]
    assert "间隔" in second.why
    assert "123026" in third.why
    assert stand_in.calls()[ADD] == 2
    stand_in.move(seconds=31)
    second.step(stand_in.now())
    assert second.state == "accepted"


def test_a_wrong_clock_is_said_to_be_one(stand_in, channel, article, kept):
    line = stand_in.line(channel)
    wrong = replace(line, clock=lambda: stand_in.now() - timedelta(minutes=11))
    with pytest.raises(TryLater, match="时钟"):
        channel.prepare(wrong, article, kept())


def test_a_wrong_secret_is_said_to_be_one(stand_in, channel, article, kept):
    for wrong in ({"client_secret": "x" * 32}, {"access_token": "x" * 32}, {"client_id": "x" * 16}):
        with pytest.raises(CredentialRefused):
            channel.prepare(stand_in.line(channel, **wrong), article, kept())
