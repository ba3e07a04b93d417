"""The preview of a story on every channel: nothing in it runs or is loaded, and it says what has to be mended."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import update
from tests.rongmei.publishing.amending import with_accounts
from tests.rongmei.publishing.conftest import KEY, NOON, Newsroom, install

from rongmei.channels import Credential, Post, all_channels
from rongmei.channels.base import Measure
from rongmei.config import CHANNEL_NAMES, Cluster, Plan
from rongmei.errors import BadInput, CredentialRefused, TryLater
from rongmei.ledger import Media, Review, Story, StoryMedia, StoryVersion
from rongmei.publishing.preview import DATA, PLACE, Preview, preview_story

SECRET = "wx-9f3a7c-geheim"
HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(2)> <iframe src="https://evil.example/"></iframe>

[点我](javascript:alert(3)) [再点](data:text/html,<script>alert(4)</script>) [好的](https://example.com/a?b=1&c=2)

![远处的图](https://evil.example/track.gif) <style>*{display:none}</style> <base href="https://evil.example/">

\u202e倒过来的字 \u2066里面\u2069

| 表 | 头 |
|---|---|
| 一格 | `<svg onload=alert(5)>` |

</div></article></main><h1>冒充的标题</h1> {{ 7 * 7 }} {% raw %}
"""


class Page(HTMLParser):
    """What a browser would make of the page: what runs, what is loaded, where links lead."""

    EMPTY = frozenset({"meta", "img", "br", "hr", "input", "link"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.runs: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self.policies: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.runs += [f"{tag} {name}" for name, _ in attrs if name.startswith("on") or name == "srcdoc"]
        if tag in ("script", "iframe", "object", "embed", "form", "base", "svg", "link", "input", "video", "audio"):
            self.runs.append(tag)
        for name in ("src", "srcset", "poster", "background", "data"):
            if given.get(name) is not None:
                self.loads.append(str(given[name]))
        if "href" in given:
            self.links.append(str(given["href"]))
        if given.get("http-equiv"):
            self.policies.append(str(given.get("content")))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def assert_harmless(html: str) -> Page:
    page = Page(html)
    assert page.runs == []
    assert [source for source in page.loads if not source.startswith(DATA)] == []
    assert [link for link in page.links if not re.match(r"https?://|mailto:|#[a-z]+$", link)] == []
    assert [policy for policy in page.policies if policy.startswith("default-src 'none'")]
    assert page.wrong == []
    assert page.open == []
    # The only style sheet is our own, and it loads nothing either.
    assert page.tags.count("style") == 1
    assert "url(" not in html.partition("</style>")[0]
    assert "@import" not in html.partition("</style>")[0]
    return page


def connect(outlet: Any, account: Any) -> Credential:
    return Credential("https://api.example.com", {"appid": SECRET, "home": "https://news.example.com/"})


def seen(room: Newsroom, story_id: int, find: Callable[..., Credential] = connect) -> Preview:
    return preview_story(room.ledger, room.plan, story_id, media=room.settings.media, connect=find, now=NOON)


def rewrite(room: Newsroom, story_id: int, **values: Any) -> None:
    with room.ledger.begin() as session:
        session.execute(update(StoryVersion).where(StoryVersion.story_id == story_id).values(**values))


def section(html: str, channel: str) -> str:
    """One channel's part of the page."""
    return html.partition(f'id="{channel}"')[2].partition("</article>")[0]


@pytest.fixture
def room(newsroom: Newsroom) -> Newsroom:
    """A newsroom with accounts on every channel there is."""
    newsroom.open()
    newsroom.plan = with_accounts(newsroom.plan, *(set(CHANNEL_NAMES) - {"wechat", "weibo", "wordpress"}))
    return newsroom


# ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_channel_side_by_side(room: Newsroom) -> None:
    story_id = room.sign_off(picture=True)
    made = seen(room, story_id)
    page = assert_harmless(made.html)
    assert page.tags.count("article") == len(CHANNEL_NAMES)
    for name, label in CHANNEL_NAMES.items():
        assert label in section(made.html, name)
    assert "dongcheng-wechat" in section(made.html, "wechat")
    assert "daily-wechat" in section(made.html, "wechat")
    assert "东城队昨晚以二比一战胜南城队" in section(made.html, "weibo")
    assert "（人工发布）" in section(made.html, "shipinhao")
    assert "6月6日 12:00" in made.html
    assert KEY in made.html
    assert "第 1 版" in made.html


def test_pictures_stand_in_the_page_itself(room: Newsroom) -> None:
    story_id = room.sign_off(picture=True)
    made = seen(room, story_id)
    assert f'<img src="{DATA}' in section(made.html, "wechat")
    assert f'class="cover" src="{DATA}' in section(made.html, "weibo")
    assert "rongmei:" not in made.html


def test_a_channel_without_what_it_needs_is_left_out_and_no_problem(room: Newsroom) -> None:
    story_id = room.sign_off()
    made = seen(room, story_id)
    assert "稿件没有视频，不会排到这个渠道" in section(made.html, "kuaishou")
    assert not any(problem.startswith(CHANNEL_NAMES["kuaishou"]) for problem in made.problems)


def test_who_has_signed_it_off(room: Newsroom) -> None:
    story_id = room.sign_off()
    with room.ledger.begin() as session:
        story = session.get_one(Story, story_id)
        session.add(
            Review(
                story_id=story_id,
                content_hash=str(story.current_hash),
                stage="first_review",
                reviewer="chen-ce",
                decision="pass",
                decided_at=NOON,
            )
        )
    assert "审签：chen-ce" in seen(room, story_id).html
    with room.ledger.begin() as session:
        session.get_one(Story, story_id).state = "second_review"
    # One of three is no sign-off.
    assert "尚未签发" in seen(room, story_id).html
    assert "审签" not in seen(room, story_id).html


def test_only_the_editions_channels(room: Newsroom) -> None:
    room.open(day=NOON.date())
    story_id = room.sign_off()
    with room.ledger.begin() as session:
        story = session.get_one(Story, story_id)
        edition = session.get_one(
            type(story).metadata and __import__("rongmei.ledger").ledger.Edition, story.edition_id
        )
        edition.options = {"channels": ["weibo"]}
    made = seen(room, story_id)
    assert Page(made.html).tags.count("article") == 1
    assert section(made.html, "weibo")


def test_the_current_version_is_shown(room: Newsroom) -> None:
    story_id = room.sign_off()
    room.edit(story_id, "更正：东城队三比一")
    made = seen(room, story_id)
    assert "更正：东城队三比一" in section(made.html, "wechat")
    assert "第 2 版" in made.html


# ── what has to be mended ────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_to_mend(room: Newsroom) -> None:
    story_id = room.sign_off(picture=True)
    rewrite(room, story_id, extras={"place": "东莞", "source": "东莞日报"})
    room.plan = type(room.plan)(
        room.plan.campaign.model_copy(
            update={
                "publishing": room.plan.campaign.publishing.model_copy(update={"channels": ("wechat", "wordpress")})
            }
        ),
        room.plan.cluster,
        room.plan.rules,
    )
    made = seen(room, story_id)
    assert made.problems == ()
    assert "2 个渠道没有发现问题" in made.html


def test_what_a_platform_would_refuse_is_listed_by_channel(room: Newsroom) -> None:
    story_id = room.sign_off("很" * 150)
    made = seen(room, story_id)
    assert any(problem.startswith("微信公众号：标题有 150 字") for problem in made.problems)
    assert any(problem.startswith("新浪微博：") or problem.startswith("微博：") for problem in made.problems)
    for name in ("wechat", "weibo"):
        assert '<ul class="problems">' in section(made.html, name)
    assert re.search(r"\d+ 个渠道有问题，要先改", made.html)


def test_a_length_that_the_platform_does_not_refuse_is_listed_too(
    room: Newsroom,
) -> None:
    """People publish on hand-off channels: they would find out only there."""
    story_id = room.sign_off("长" * 60, picture=True)
    made = seen(room, story_id)
    label = CHANNEL_NAMES["xiaohongshu"]
    assert f"{label}：标题字数 60，超过 20" in made.problems
    assert 'class="measure over"' in section(made.html, "xiaohongshu")


def test_a_limit_is_told_once(room: Newsroom) -> None:
    story_id = room.sign_off("很" * 40)
    problems = [problem for problem in seen(room, story_id).problems if problem.startswith("微信公众号：")]
    assert len(problems) == 1


def test_a_picture_that_cannot_be_opened(room: Newsroom) -> None:
    story_id = room.sign_off(picture=True)
    (file,) = room.settings.media.iterdir()
    file.write_bytes(b"no picture")
    made = seen(room, story_id)
    assert "图片“球场.jpg”打不开" in made.problems
    assert "打不开的图片：球场.jpg" in made.html
    assert_harmless(made.html)
    file.unlink()
    assert "图片“球场.jpg”打不开" in seen(room, story_id).problems


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK", "L", "I;16"])
def test_pictures_of_every_kind(room: Newsroom, mode: str) -> None:
    story_id = room.sign_off(picture=True)
    (file,) = room.settings.media.iterdir()
    Image.new(mode, (2000, 10)).save(file, "TIFF" if mode == "CMYK" else "PNG")
    made = seen(room, story_id)
    # TIFF is no format that a story may bring.
    assert (made.problems[:1] == ("图片“球场.jpg”打不开",)) == (mode == "CMYK")


def test_a_channel_that_cannot_even_be_shown(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = install(monkeypatch, "wechat")

    def render(*_: Any) -> Post:
        raise BadInput("正文里有不能用的字符")

    broken.render = render  # type: ignore[attr-defined]
    story_id = room.sign_off()
    made = seen(room, story_id)
    assert any(problem.endswith("正文里有不能用的字符") for problem in made.problems)
    assert "正文里有不能用的字符" in section(made.html, "wechat")


# ── credentials ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_credential_is_shown(room: Newsroom) -> None:
    story_id = room.sign_off(picture=True)
    made = seen(room, story_id)
    assert SECRET not in made.html
    assert SECRET not in "".join(made.problems)


@pytest.mark.parametrize(
    "error", [CredentialRefused("没有账号连接"), TryLater("沙箱没有应答"), BadInput("没有账号凭据")]
)
def test_accounts_without_credentials_get_a_remark(room: Newsroom, error: Exception) -> None:
    def nobody(outlet: Any, account: Any) -> Credential:
        raise error

    story_id = room.sign_off("很" * 150, picture=True)
    made = seen(room, story_id, nobody)
    for name, channel in all_channels().items():
        if channel.capabilities.kind == "handoff" or channel.capabilities.needs & {"video"}:
            continue
        part = section(made.html, name)
        assert f"账号 dongcheng/{name} 没有可用的凭据：{error}" in part
        assert f"账号 daily/{name} 没有可用的凭据：{error}" in part
        assert "只核对了字数" in part
    # Lengths are known without one.
    assert any(problem.startswith("微信公众号：标题 150") for problem in made.problems)
    assert_harmless(made.html)


def test_one_account_with_a_credential_is_enough_to_show_the_channel(room: Newsroom) -> None:
    def some(outlet: Any, account: Any) -> Credential:
        if outlet.id == "dongcheng":
            raise CredentialRefused(f"没有账号连接 {outlet.id}")
        return connect(outlet, account)

    story_id = room.sign_off("很" * 150)
    made = seen(room, story_id, some)
    part = section(made.html, "wechat")
    assert "账号 dongcheng/wechat 没有可用的凭据" in part
    assert "账号 daily/wechat" not in part
    assert "只核对了字数" not in part
    assert any(problem.startswith("微信公众号：标题有 150 字") for problem in made.problems)


def test_people_need_no_credential(room: Newsroom) -> None:
    asked: list[str] = []

    def note(outlet: Any, account: Any) -> Credential:
        asked.append(account.channel)
        return connect(outlet, account)

    seen(room, room.sign_off(picture=True), note)
    people = {name for name, channel in all_channels().items() if channel.capabilities.kind == "handoff"}
    assert people
    assert not people & set(asked)


# ── hostile texts ────────────────────────────────────────────────────────────────────────────────────────────────


def test_hostile_texts_are_harmless(room: Newsroom) -> None:
    nasty = '"><script>alert(0)</script>\u202e'
    story_id = room.sign_off(nasty * 3, body=HOSTILE, picture=True)
    rewrite(
        room,
        story_id,
        author=nasty,
        digest=nasty,
        tags=[nasty, "#话题#", "' onclick='x"],
        extras={
            "place": nasty,
            "source": nasty,
            "titles": {"weibo": nasty},
            "card": {"title": nasty, "link": "https://example.com/\"onmouseover='x'", "benefit": nasty},
        },
    )
    with room.ledger.begin() as session:
        session.execute(update(StoryMedia).values(name=f"{nasty}.jpg", alt=nasty, credit=nasty))
    made = seen(room, story_id)
    page = assert_harmless(made.html)
    assert "h1" in page.tags
    assert page.tags.count("h1") == 1
    assert "{{ 7 * 7 }}" in made.html
    assert "https://example.com/a?b=1&amp;c=2" in made.html
    # The title's bidi mark cannot turn the page around.
    assert "\u202e" not in made.html.partition("<main>")[0]


def test_hostile_names_of_accounts_and_channels(room: Newsroom) -> None:
    cluster = room.plan.cluster.model_dump(mode="json")
    for outlet in cluster["outlets"]:
        for account in outlet["accounts"]:
            account["handle"] = "</p><script>alert(1)</script>"
    room.plan = Plan(room.plan.campaign, Cluster.model_validate(cluster), room.plan.rules)
    assert_harmless(seen(room, room.sign_off()).html)


def test_what_a_channel_makes_of_it_is_not_trusted_either(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        '<section style="position:fixed" onclick="x()"><a href="DATA:text/html,x">a</a><a href=" javascript:x">b</a>'
        '<img src="https://evil.example/x.gif"><img src="data:image/svg+xml,<svg onload=x>">'
        f'<img src="{PLACE}{"0" * 64}" srcset="https://evil.example/2x"><img src="{DATA}AAAA">'
        "<svg><script>x</script></svg></section>"
    )
    fake = install(monkeypatch, "wechat")
    post = Post("题", "人", "摘", body, "javascript:alert(1)", measures=(Measure("字", 3, 0),))
    fake.render = lambda *_: post  # type: ignore[attr-defined]
    made = seen(room, room.sign_off())
    page = assert_harmless(made.html)
    assert page.loads == []
    assert "字 3，超过 0" in "".join(made.problems)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200),
    body=st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                '"',
                "'",
                "&",
                "`",
                "\n",
                "\n\n",
                "# ",
                "[",
                "](",
                ")",
                "![",
                "javascript:",
                "data:text/html,",
                "https://a.example/",
                "<script>",
                "</div>",
                "<!--",
                "-->",
                "]]>",
                "\x00",
                "\u202e",
                "\u2028",
                "字",
                "&#x3c;",
                "onerror=",
                "<img ",
                "|",
                "---",
                "* ",
            ]
        ),
        max_size=60,
    ).map("".join),
)
def test_any_text_is_harmless(room: Newsroom, title: str, body: str) -> None:
    story_id = room.sign_off(title, body=body + "字")
    assert_harmless(seen(room, story_id).html)


# ── what cannot be shown ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_not_there(room: Newsroom) -> None:
    story_id = room.sign_off()
    with pytest.raises(BadInput, match="没有稿件 #999"):
        seen(room, 999)
    campaign = room.plan.campaign.model_copy(update={"id": "zhumeng", "name": "逐梦他乡"})
    other = Plan(campaign, room.plan.cluster, room.plan.rules)
    with pytest.raises(BadInput, match="逐梦他乡：没有稿件"):
        preview_story(room.ledger, other, story_id, media=room.settings.media, connect=connect, now=NOON)
    with room.ledger.begin() as session:
        session.get_one(Story, story_id).current_hash = None
    with pytest.raises(BadInput, match="还没有交来正文"):
        seen(room, story_id)


def test_a_film_is_named_with_its_length(room: Newsroom) -> None:
    story_id = room.sign_off()
    with room.ledger.begin() as session:
        session.add(Media(sha256="f" * 64, content_type="video/mp4", size_bytes=1000, seconds=34.6, added_at=NOON))
        session.flush()
        version = session.query(StoryVersion).filter_by(story_id=story_id).one()
        version.media.append(StoryMedia(sha256="f" * 64, role="video", position=0, name="<b>进球.mp4"))
    made = seen(room, story_id)
    assert "&lt;b&gt;进球.mp4</bdi>（35 秒）" in made.html
    assert "没有视频" not in section(made.html, "kuaishou")
