"""Answers an offer as an outlet does: opens the mail, follows the link of the task, sends the form of its page."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from urllib.parse import parse_qs, urlsplit

import requests

TIMEOUT = (3, 10)


def link_in(mail: bytes, assignment_id: int) -> str | None:
    """The address in a mail by which a task is answered; None where the mail has none for it."""
    body = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    # As it went over the wire, with the wire's line ends.
    text = "\n".join(str(body.get_content()).splitlines()) if body else ""
    # From the task's own heading to the line of its link, and not into the next task.
    pattern = rf"^任务 #{assignment_id}\s(?:(?!^任务 #).)*?^[ ]*(https?://[^\s?]+\?token=\S+)$"
    found = re.search(pattern, text, re.DOTALL | re.MULTILINE)
    return found[1] if found else None


def follow(link: str, *, decline: bool, reason: str, name: str) -> bool:
    """Open the page and send its form; whether the answer was taken. Where the server is out of reach, it was not."""
    parts = urlsplit(link)
    token = parse_qs(parts.query).get("token", [""])[0]
    form = {"token": token, "do": "decline" if decline else "accept", "reason": reason, "name": name}
    try:
        if requests.get(link, timeout=TIMEOUT, allow_redirects=False).status_code != requests.codes.ok:
            return False
        address = parts._replace(query="").geturl()
        answer = requests.post(address, data=form, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException:
        return False
    return bool(answer.status_code == requests.codes.ok)
