"""A story in Alipay's form: limits, service card, keywords."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rongmei.channels import (
    Credential,
    ServiceCard,
)
from rongmei.channels.platforms.alipay import wording


def test_what_alipay_would_refuse(channel, carded, story):
    credential = Credential("https://openapi.alipay.com", {})
    assert channel.validate(carded(), credential) == ()
    assert channel.validate(story(), credential) == ()
    assert "32" in channel.validate(story(title="长" * 33), credential)[0]
    assert channel.validate(story(title="长" * 33), Credential("https://x.example", {"title_limit": "64"})) == ()
    assert channel.validate(story(title="长" * 33, titles={"alipay": "短"}), credential) == ()
    assert "10000" in channel.validate(story(html="长" * 10_001), credential)[0]
    assert "没有正文" in channel.validate(story(text=""), credential)
    card = carded().card
    assert channel.validate(carded(card=replace(card, benefit="满一百元立减二十元哦")), credential) == ()
    assert "11 字" in channel.validate(carded(card=replace(card, benefit="满一百元立减二十一元哦")), credential)[0]
    assert "标题" in channel.validate(carded(card=replace(card, title=" ")), credential)[0]
    assert "链接" in channel.validate(carded(card=replace(card, link="javascript:alert(1)")), credential)[0]


@pytest.mark.parametrize(
    ("link", "fine"),
    [
        ("https://daily.example/ticket?a=1&b=2", True),
        ("http://daily.example/", True),
        ("alipays://platformapi/startapp?appId=2021000000000001", True),
        ("alipays:platformapi", False),
        ("alipay://x", False),
        ("weixin://dl", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://user:word@daily.example/", False),
        ("alipays://a b", False),
        ('alipays://a"onclick="x', False),
        ("alipays://a\u202eb", False),
        ("https://[", False),
        ("https://daily.example/" + "a" * 512, False),
        ("", False),
    ],
)
def test_where_a_card_may_lead(link, fine):
    assert wording.is_card_link(link) is fine


def test_the_page_carries_the_card_and_the_way_to_the_whole_story(channel, carded, picture):
    shown = picture(role="body")
    article = carded(
        html=f'<p>文 <a href="mailto:a@b.c">信</a> <a href="https://daily.example/x">网</a></p>'
        f'<img src="rongmei:{shown.sha256}">',
        pictures=(shown,),
        link="https://daily.example/a/1",
        card=ServiceCard("门票 <b>", "alipays://platformapi/startapp?appId=1&x=2", "满减"),
    )
    post = channel.render(article, Credential("https://x.example", {}), {shown.sha256: "https://oalipay.example/i.jpg"})
    assert "mailto" not in post.body
    assert '<a href="https://daily.example/x"' in post.body
    assert '<img src="https://oalipay.example/i.jpg"' in post.body
    assert (
        "<blockquote><p><strong>门票 &lt;b&gt;</strong></p><p>满减</p>"
        '<p><a href="alipays://platformapi/startapp?appId=1&amp;x=2">立即办理</a></p></blockquote>'
    ) in post.body
    assert f"https://daily.example/a/1?rm={article.fingerprint}" in post.body
    assert ("利益点", 2, 10) in [(measure.name, measure.used, measure.limit) for measure in post.measures]


def test_keywords(carded):
    assert wording.keywords(carded(tags=("#村超#", "东 莞", "村超", "a,b", "c", "d", "e"))) == (
        "村超",
        "东莞",
        "ab",
        "c",
        "d",
    )
    assert wording.keywords(carded(tags=("长" * 51, "短"))) == ("短",)
