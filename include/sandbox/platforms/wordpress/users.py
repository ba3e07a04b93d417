"""WordPress: who a site's user is, and the index that clients look at first."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from sandbox.platforms.wordpress.base import BASE, NAME, WordPressLimits, routes, writer
from sandbox.wire import Call


@routes.on("GET POST", f"{BASE}/users/me")
def me(call: Call) -> Response:
    account = writer(call, "rest_not_logged_in", "You are not currently logged in.")
    shown = {
        "id": 1,
        "name": account.name,
        "url": "",
        "description": "",
        "link": call.url("/"),
        "slug": account.credentials["username"],
        "meta": [],
    }
    if call.query.get("context") == "edit":
        shown |= {
            "username": account.credentials["username"],
            "roles": ["editor"],
            "capabilities": {"publish_posts": True, "upload_files": True},
        }
    return JSONResponse(shown)


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
            "authentication": {
                "application-passwords": {
                    "endpoints": {"authorization": call.url(f"/{NAME}/wp-admin/authorize-application.php")}
                }
            },
        }
    )
