"""Readable pages in Chinese: what a reader would see of a post, and the producer's overview of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import nh3
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from sandbox.clock import shanghai
from sandbox.store import Post
from sandbox.world import World

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_ENVIRONMENT.filters["shanghai"] = lambda at: shanghai(at).strftime("%Y年%m月%d日 %H:%M")
_ENVIRONMENT.filters["grouped"] = lambda number: f"{number:,}"

# Links that only a platform's own app can open stand on its own pages and nowhere else.
_OWN_SCHEMES = {"alipay": {"alipays"}}

# Nothing a page shows may run: the markup was sent by a client and is only as good as that client.
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; img-src * data:; media-src 'self'; style-src 'unsafe-inline'"
}


def render(template: str, *, status: int = 200, **context: Any) -> Response:
    """A page from ``templates/``."""
    page = _ENVIRONMENT.get_template(template).render(**context)
    return HTMLResponse(page, status_code=status, headers=_SECURITY)


def post_page(world: World, post: Post | None, *, markup: bool, source: str, at: float) -> Response:
    """A published post. ``markup``: its text is HTML (cleaned here), otherwise plain text."""
    if post is None or post.deleted:
        reason = "该内容已被发布者删除" if post else "没有找到这篇内容"
        return render("missing.html", status=404, reason=reason, source=source)
    account = world.account(post.platform, post.account)
    return render(
        "post.html",
        post=post,
        markup=markup,
        body=Markup(_cleaned(post)) if markup else post.text,  # noqa: S704 - nh3 has just cleaned it
        account=account.name if account else post.account,
        source=source,
        figures=world.figures(post, at),
    )


def _cleaned(post: Post) -> str:
    schemes = nh3.ALLOWED_URL_SCHEMES | _OWN_SCHEMES.get(post.platform, set())
    return nh3.clean(post.text, url_schemes=schemes)


def site(world: World, posts: list[Post], *, source: str, link: str) -> Response:
    """A site's front page with its newest posts. ``link``: the page's ``Link`` header."""
    page = render("site.html", rows=[{"post": post, "account": _name(world, post)} for post in posts], source=source)
    page.headers["Link"] = link
    return page


def overview(world: World, posts: list[Post], *, at: float) -> Response:
    """All that was published, newest first."""
    rows = [
        {
            "post": post,
            "platform": world.platforms[post.platform].title if post.platform in world.platforms else post.platform,
            "account": _name(world, post),
            "figures": world.figures(post, at),
        }
        for post in posts
    ]
    counts = {
        platform.title: sum(not post.deleted for post in posts if post.platform == name)
        for name, platform in world.platforms.items()
    }
    return render("overview.html", rows=rows[:300], total=len(rows), counts=counts, now=at)


def _name(world: World, post: Post) -> str:
    account = world.account(post.platform, post.account)
    return account.name if account else post.account
