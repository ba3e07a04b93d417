"""Who is logged in to Airflow, for the house's own pages: a plugin's app has no login of its own before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from rongmei.config import Cluster, Person
from rongmei_airflow.web import Turned

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

LOGIN = "/api/v2/auth/login"


async def user_name(request: Request) -> str:
    """The user name of who is logged in, by the cookie that Airflow's own pages go by.

    Good for pages that are only looked at: a cookie comes along with requests that another site makes, too.

    Raises:
        Turned: 401, nobody is.
    """
    # Airflow's web side is imported where it runs already, and nowhere else.
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
    from airflow.api_fastapi.core_api.security import resolve_user_from_token
    from fastapi import HTTPException

    try:
        user = await resolve_user_from_token(request.cookies.get(COOKIE_NAME_JWT_TOKEN))
    except HTTPException:
        raise Turned(401, "请先登录") from None
    return str(getattr(user, "username", None) or user.get_name())


def person_of(name: str, clusters: Iterable[Cluster]) -> Person:
    """The person of a cluster file who has that user name.

    Raises:
        Turned: 403, the login is of nobody in the cluster files.
    """
    for cluster in clusters:
        for person in cluster.people:
            if person.id == name:
                return person
    raise Turned(403, "这个账号不在集群文件的人员名单里，请管理员核对")


def to_login(request: Request) -> Response:
    """Send a browser to Airflow's login page, and from there back to where it wanted."""
    from starlette.responses import RedirectResponse

    back = quote(str(request.url), safe="")
    return RedirectResponse(f"{LOGIN}?next={back}", status_code=303, headers={"Cache-Control": "no-store"})
