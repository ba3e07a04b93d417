"""WordPress: who a site's user is, and the index that clients look at first."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.platforms.wordpress.base import (
    BASE,
    NAME,
    WordPressLimits,
    listing,
    picked,
    reader,
    refuse,
    routes,
    writer,
)
from sandbox.seed import Account
from sandbox.wire import Call


@routes.on("GET POST", f"{BASE}/users/me")
def me(call: Call) -> Response:
    account = writer(call, "rest_not_logged_in", "You are not currently logged in.")
    return JSONResponse(picked(call, user_of(call, account)))


@routes.on("GET", f"{BASE}/users")
def index(call: Call) -> Response:
    """A site has one user; the public sees the one who wrote for all of them."""
    return listing(call, [reader(call)], lambda account: user_of(call, account))


@routes.on("GET", f"{BASE}/users/{{id}}")
def show(call: Call) -> Response:
    account = reader(call)
    if call.params["id"] != "1":
        raise refuse(404, "rest_user_invalid_id", "Invalid user ID.")
    return JSONResponse(picked(call, user_of(call, account)))


def user_of(call: Call, account: Account | None) -> dict[str, Any]:
    """The user of a site, of all of them for the public."""
    name = account.name if account else call.world.limits(WordPressLimits).site_title
    slug = account.credentials["username"] if account else "editor"
    shown = {
        "id": 1,
        "name": name,
        "url": "",
        "description": "",
        "link": call.url(f"/{NAME}/"),
        "slug": slug,
        "avatar_urls": {},
        "meta": [],
        "_links": {
            "self": [{"href": call.url(f"/{NAME}{BASE}/users/1")}],
            "collection": [{"href": call.url(f"/{NAME}{BASE}/users")}],
        },
    }
    if account is not None and call.query.get("context") == "edit":
        shown |= {
            "username": slug,
            "roles": ["editor"],
            "capabilities": {"publish_posts": True, "upload_files": True},
        }
    return shown


@routes.on("GET", "/wp-json")
def root(call: Call) -> Response:
    return JSONResponse(
        {
            "name": call.world.limits(WordPressLimits).site_title,
            "description": "",
            "url": call.url(f"/{NAME}"),
            "home": call.url(f"/{NAME}"),
            "gmt_offset": 8,
            "timezone_string": "Asia/Shanghai",
            "namespaces": ["wp/v2"],
            "routes": _described(call),
            "authentication": {
                "application-passwords": {
                    "endpoints": {"authorization": call.url(f"/{NAME}/wp-admin/authorize-application.php")}
                }
            },
        }
    )


def _described(call: Call) -> dict[str, Any]:
    """What there is to call, as clients that build themselves from the index read it."""
    described = {}
    for route in routes:
        if route.template.startswith("/wp-json"):
            path = route.template.removeprefix("/wp-json") or "/"
            methods = sorted(route.handlers)
            described[path.replace("{id}", r"(?P<id>[\d]+)")] = {
                "namespace": "wp/v2" if path.startswith("/wp/v2") else "",
                "methods": methods,
                "endpoints": [{"methods": [method], "args": {}} for method in methods],
                "_links": {"self": [{"href": call.url(f"/{NAME}{route.template}")}]},
            }
    return described
