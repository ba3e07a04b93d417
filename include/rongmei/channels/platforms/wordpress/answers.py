"""What the site's answers mean: typed errors of its 4xx, and what a post object says about being public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from rongmei.channels.base import Accepted, Line
from rongmei.channels.client import Answer
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import CredentialRefused, Refused, TryLater

API = "/wp-json/wp/v2"
GONE = {404, 410}
NO_SUCH_POST = "rest_post_invalid_id"
NOT_IMPLEMENTED, NO_TRASH = 501, "rest_trash_not_supported"
"""What a site answers whose trash is switched off (`EMPTY_TRASH_DAYS` is 0): it would delete for good, by `force`."""
WAITING = {"future", "pending"}
HIDDEN = {"trash", "draft", "pending", "private", "auto-draft"}


def call(line: Line, method: str, path: str, **request: Any) -> Answer:
    """One request below the interface's root, signed in with the application password."""
    auth = (line.credential.require("username"), line.credential.require("password"))
    return line.client.call(method, API + path, auth=auth, **request)


def ask(line: Line, method: str, path: str, what: str, **request: Any) -> dict[str, Any]:
    """A request that publishes nothing; its JSON object.

    Raises:
        TryLater, Refused, CredentialRefused: by the site's error.
    """
    answer = call(line, method, path, **request)
    if answer.status >= 400:
        refuse(line, what, answer)
    if not isinstance(answer.data, dict):
        raise TryLater(f"{line.account} {what}：看不懂平台的回答")
    return answer.data


def objects(answer: Answer) -> list[dict[str, Any]]:
    """The objects of a list; nothing for anything else."""
    return [item for item in answer.data if isinstance(item, dict)] if isinstance(answer.data, list) else []


def code_of(answer: Answer) -> str:
    """The error's name: `rest_forbidden`; "" where there is none."""
    return text_of(answer.data.get("code")) if isinstance(answer.data, dict) else ""


def status_of(answer: Answer) -> str:
    """The post's status: `publish`, `trash` …; "" where the answer is no post."""
    return text_of(answer.data.get("status")) if isinstance(answer.data, dict) else ""


def said(line: Line, answer: Answer) -> str:
    """What the site answered, fit for a message: `HTTP 410 rest_already_trashed …`."""
    message = answer.data.get("message", "") if isinstance(answer.data, dict) else ""
    return line.client.clean(f"HTTP {answer.status} {code_of(answer) or status_of(answer)} {message}")


def refuse(line: Line, what: str, answer: Answer) -> NoReturn:
    """The typed error of a 4xx answer; the site did nothing."""
    if answer.data is None and answer.body.lstrip()[:1] in (b"{", b"["):
        # What it refused for is lost with the rest of the answer; it may be no more than a term that exists already.
        raise TryLater(f"{line.account} {what}：网站的回答不完整（HTTP {answer.status}）")
    message = f"{line.account} {what}：网站拒绝（{said(line, answer)}）"
    wrong_place = answer.status in GONE and code_of(answer) in ("", "rest_no_route")
    if answer.status in (401, 403) or wrong_place:
        raise CredentialRefused(f"{message}，请核对连接里的网址、用户名、应用程序密码和它的权限")
    raise Refused(message)


def seen(answer: Answer) -> Accepted | None:
    """What a post object says about being public; None where it is neither published nor about to be."""
    if not isinstance(answer.data, dict):
        return None
    post, status = answer.data, status_of(answer)
    external_id = text_of(post.get("id"))
    if not external_id or (status != "publish" and status not in WAITING):
        return None
    live = status == "publish"
    return Accepted(external_id, (text_of(post.get("link")) or None) if live else None, live=live)


def id_of(data: Mapping[str, Any], line: Line, what: str) -> int:
    """The id that the site gave.

    Raises:
        TryLater: it gave none.
    """
    number = number_or_none(data.get("id"))
    if number is None:
        raise TryLater(f"{line.account} {what}：平台的回答里没有 id")
    return number
