"""A newsroom's own site: the WordPress REST API (``wp/v2``) under ``/wordpress/wp-json``.

Every account is a site; the Basic-auth user tells the sites apart, and each sees only its own things. Without
credentials the published posts of all sites can be read. Site time is Asia/Shanghai (``date`` is local and naive,
``date_gmt`` UTC and naive, as WordPress has it).

WordPress core counts no readers. Posts carry ``meta`` with ``views``, ``likes`` and ``comments`` as integers — what a
common statistics plugin registers as REST meta; clients cannot write these three. Comments are also countable the
core way, by ``X-WP-Total`` of ``/comments?post=<id>``.

Decisions: ids are unique across sites; a ``future`` post without a future date is published at once, a ``publish``
with one becomes ``future``; asking for a page beyond the last is 400 ``rest_post_invalid_page_number``. A review there
is only by order, as a plugin for approvals has it: ``publish`` is answered ``pending`` and later ``publish``, or
``draft`` where it is refused; what is said of duplicates, forbidden words and quotas is such plugins' and hosters' too.
"""

from __future__ import annotations

from sandbox.platforms.wordpress import media, posts, terms, users
from sandbox.platforms.wordpress.base import (
    BASE,
    NAME,
    WordPressLimits,
    error,
    identify,
    locate,
    refuse_on_order,
    routes,
    unrouted,
)
from sandbox.wire import Platform

__all__ = ["PLATFORM", "media", "posts", "terms", "users"]

PLATFORM = Platform(
    name=NAME,
    title="自有网站",
    routes=routes,
    limits=WordPressLimits,
    identify=identify,
    settle=posts.settle,
    refuse=refuse_on_order,
    expired=lambda _call: error(401, "incorrect_password", "The provided password is an invalid application password."),
    unrouted=unrouted,
    locate=locate,
    words={
        "duplicate": ("rest_post_exists", "Cannot create existing post."),
        "sensitive": ("rest_forbidden", "Sorry, your post was blocked by the content filter."),
        "quota": ("too_many_requests", "Too many requests. Please try again later."),
    },
    publishing=frozenset(
        {f"POST {BASE}/posts", *(f"{method} {BASE}/posts/{{id}}" for method in ("POST", "PUT", "PATCH"))}
    ),
)
