"""A story as WeChat takes it, and what it would not take."""

import pytest

from rongmei.channels import Credential, Measure

MARK = "rm0123456789abcdef01"


def credential(**fields):
    return Credential("https://x.example", fields)


def test_limits(channel, story):
    def problems(article, **fields):
        return "；".join(channel.validate(article, credential(**fields)))

    assert problems(story()) == ""
    assert "最多 32 字" in problems(story(title="长" * 33))
    assert problems(story(title="长" * 33), title_limit="64") == ""
    assert "没有标题" in problems(story(title=""))
    assert "没有正文" in problems(story(text=""))
    assert "20000" in problems(story(html="<p>" + "长" * 20_000 + "</p>"))
    assert problems(story(html="<p>" + "长" * 20_000 + "</p>"), content_limit="50000") == ""


@pytest.mark.parametrize("nonsense", ["", "x", "-3", "0"])
def test_nonsense_in_a_connection_leaves_the_usual_limit(channel, story, nonsense):
    assert channel.validate(story(title="长" * 32), credential(title_limit=nonsense)) == ()
    assert channel.validate(story(title="长" * 33), credential(title_limit=nonsense)) != ()


def test_the_channels_own_title_is_measured_and_shown(channel, story):
    article = story(title="长" * 40, titles={"wechat": "短标题"})
    assert channel.validate(article, credential()) == ()
    post = channel.render(article, credential(), {})
    assert (post.title, post.form) == ("短标题", "html")
    assert post.measures[0] == Measure("标题", 3, 32)
    assert [measure.name for measure in post.measures] == ["标题", "摘要", "正文"]


def test_links_go_and_long_fields_are_cut(channel, story):
    article = story(html='<p>看<a href="https://a.example">这里</a></p>', author="甲" * 30, digest="乙" * 300)
    post = channel.render(article, credential(), {})
    assert post.body == "<p>看这里</p>"
    assert (len(post.author), len(post.digest)) == (16, 128)
    wider = channel.render(article, credential(author_limit="20", digest_limit="200"), {})
    assert (len(wider.author), len(wider.digest)) == (20, 200)


@pytest.mark.parametrize(
    ("link", "home", "source"),
    [
        ("https://site.example/1", "", f"https://site.example/1?rm={MARK}"),
        (None, "https://home.example", f"https://home.example/?rm={MARK}"),
        ("https://site.example/" + "x" * 1024, "https://home.example", f"https://home.example/?rm={MARK}"),
        ("javascript:alert(1)", "", ""),
        (None, "", ""),
    ],
)
def test_what_stands_behind_read_more(channel, story, link, home, source):
    assert channel.render(story(link=link), credential(home=home), {}).link == source
