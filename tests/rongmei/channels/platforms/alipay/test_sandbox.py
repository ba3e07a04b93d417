"""Alipay against the real wire: the stand-in over loopback, with everything it can do to a caller."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from rongmei.channels import Rejected
from rongmei.errors import CredentialRefused, Refused, TryLater
from sandbox.keys import alipay_keys

pytestmark = pytest.mark.net

UPLOAD = "/gateway.do/alipay.offline.material.image.upload"
CREATE = "/gateway.do/alipay.open.public.message.content.create"
SEND = "/gateway.do/alipay.open.public.message.total.send"
QUERY = "/gateway.do/alipay.open.public.message.query"

FAULTS = [
    {"kind": "refuse"},
    {"kind": "refuse", "status": 503},
    {"kind": "refuse", "times": 3},
    {"kind": "drop_after"},
    {"kind": "drop_after", "times": 2},
    {"kind": "server_error_after"},
    {"kind": "timeout", "seconds": 1.0},
    {"kind": "timeout", "seconds": 1.0, "perform": False},
    {"kind": "slow", "seconds": 0.1},
    {"kind": "expired_token"},
    {"kind": "error"},
    {"kind": "error", "code": "app-call-limited"},
    {"kind": "error", "code": "isv.invalid-signature"},
    {"kind": "error", "code": "PUB.MSG_BATCH_SD_OVER"},
]


def name(fault):
    return "-".join(str(value) for value in fault.values())


@pytest.fixture
def article(carded, picture, photo):
    cover, body = picture(photo((1600, 900))), picture(photo((640, 480)), role="body", name="球门.jpg")
    return carded(pictures=(cover, body), html=f'<p>东城队昨晚获胜。</p><p><img src="rongmei:{body.sha256}"></p>')


def test_from_page_to_recall(stand_in, channel, article):
    line = stand_in.line(channel)
    post = stand_in.publish(channel, line, article)
    assert post.state == "live", post.why
    (shown,) = stand_in.published()
    assert (shown["title"], shown["publish_id"]) == (article.title, post.posted.external_id)
    assert shown["article_id"] == post.kept["content_id"]
    assert '<a href="alipays://platformapi/startapp?appId=2021&amp;page=pages%2Fticket">立即办理</a>' in shown["text"]
    page = requests.get(post.posted.url, timeout=5)
    assert page.status_code == 200
    assert "满100减20" in page.text
    assert '<a href="alipays://platformapi/startapp?appId=2021&amp;page=pages%2Fticket"' in page.text
    assert "/alipay/material/" in page.text
    calls = stand_in.calls()
    assert (calls[UPLOAD], calls[CREATE], calls[SEND]) == (2, 1, 1)

    stand_in.move(hours=25)
    numbers = channel.read_numbers(line, [post.posted])[post.posted.external_id]
    assert numbers.reads > 0
    assert None not in (numbers.likes, numbers.comments, numbers.shares)
    assert numbers.raw["deliver_user_cnt"] > 0

    mended = replace(article, title="更正：东城队二比一胜南城队")
    channel.correct(line, post.posted, mended, post.progress)
    assert mended.title in requests.get(post.posted.url, timeout=5).text
    assert len(stand_in.published()) == 1

    assert channel.is_gone(line, post.posted) is False
    assert channel.recall(line, post.posted).how == "hidden"
    assert channel.is_gone(line, post.posted) is True
    assert channel.recall(line, post.posted).how == "hidden"
    assert [shown["deleted"] for shown in stand_in.published()] == [True]


@pytest.mark.parametrize("path", [CREATE, *(pytest.param(path, marks=pytest.mark.matrix) for path in (UPLOAD, QUERY))])
@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_faults_around_the_one_call_leave_one_message(stand_in, channel, article, path, fault):
    stand_in.order(platform="alipay", path=path, **fault)
    post = stand_in.publish(channel, stand_in.line(channel), article)
    assert post.state == "live", post.why
    assert len(stand_in.published()) == 1
    assert stand_in.calls()[SEND] == 1


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_no_fault_of_the_one_call_makes_two(stand_in, channel, article, fault):
    """Where the answer is lost nobody can look, so it is never sent again by itself."""
    stand_in.order(platform="alipay", path=SEND, **fault)
    post = stand_in.publish(channel, stand_in.line(channel), article)
    stand_in.move(minutes=10)
    lost = fault["kind"] in ("refuse", "drop_after", "server_error_after", "timeout") or fault == {"kind": "error"}
    assert post.state == ("unknown" if lost else "live"), post.why
    assert ("人工核对" in post.why) == lost
    done = fault["kind"] not in ("refuse", "error") and fault.get("perform", True)
    assert len(stand_in.published()) == (done or not lost)
    if lost:
        assert stand_in.calls()[SEND] == 1


def test_review_may_say_no(stand_in, channel, article):
    stand_in.order(platform="alipay", path=SEND, kind="review_rejected")
    post = stand_in.publish(channel, stand_in.line(channel), article)
    assert (post.state, post.why) == ("failed", "支付宝没有发出这条群发：发送失败")
    assert isinstance(channel.confirm(post.line, post.posted), Rejected)


def test_a_wrong_clock_is_said_to_be_one(stand_in, channel, article, kept):
    wrong = replace(stand_in.line(channel), clock=lambda: stand_in.now() - timedelta(minutes=11))
    with pytest.raises(TryLater, match="时钟"):
        channel.prepare(wrong, article, kept())


def test_wrong_keys_are_said_to_be_wrong(stand_in, channel, article, kept):
    keys = alipay_keys()
    with pytest.raises(CredentialRefused, match="invalid-signature"):
        channel.prepare(stand_in.line(channel, private_key=keys.alipay_private_key), article, kept())
    with pytest.raises(CredentialRefused, match="invalid-app-id"):
        channel.prepare(stand_in.line(channel, app_id="2021000000000001"), article, kept())


def test_a_content_the_platform_does_not_want(stand_in, channel, article, kept):
    stand_in.order(platform="alipay", path=CREATE, kind="error", code="CONTENT_ILLEGAL", message="内容包含违规信息")
    with pytest.raises(Refused, match="违规"):
        channel.prepare(stand_in.line(channel), article, kept())
