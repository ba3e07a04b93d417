"""The played outlets' way by the mail: they find the link of the right task, and know when it was not taken."""

from __future__ import annotations

from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from stack import replies

LINK = "https://rm.example/rongmei/answers/?token="
TEXT = f"""万江融媒体中心：

任务 #12　标题里写着任务 #1 和 http://evil.example/?token=x
  地点：万江
  答复（接受、推辞或延时，6月6日 15:00 前有效）：
  {LINK}twelve.s-_x

任务 #1　没有链接的
  接受：rongmei assignments answer 1 accept

任务 #13　万江龙舟
  {LINK}thirteen
"""


def mail(text: str) -> bytes:
    made = EmailMessage()
    made["Subject"] = "派单"
    made.set_content(text.replace("\n", "\r\n"), cte="base64")
    made.add_alternative("<p>网页</p>", subtype="html")
    return made.as_bytes()


def test_each_task_has_its_own_link() -> None:
    sent = mail(TEXT)
    assert replies.link_in(sent, 12) == f"{LINK}twelve.s-_x"
    assert replies.link_in(sent, 13) == f"{LINK}thirteen"
    assert replies.link_in(sent, 1) is None
    assert replies.link_in(sent, 2) is None
    assert replies.link_in(mail("没有任务"), 12) is None


@pytest.mark.parametrize(
    ("page", "form", "taken"), [(200, 200, True), (200, 410, False), (410, 200, False), (302, 200, False)]
)
def test_the_page_is_opened_and_its_form_sent_without_the_query(
    page: int, form: int, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []

    def post(address: str, *, data: dict[str, str], **_: Any) -> Any:
        sent.append((address, data))
        return SimpleNamespace(status_code=form)

    monkeypatch.setattr(requests, "get", lambda *_, **__: SimpleNamespace(status_code=page))
    monkeypatch.setattr(requests, "post", post)
    assert replies.follow(f"{LINK}a.b", decline=True, reason="没人", name="值班") is taken
    wanted = {"token": "a.b", "do": "decline", "reason": "没人", "name": "值班"}
    assert sent == ([] if page != 200 else [("https://rm.example/rongmei/answers/", wanted)])


def test_a_server_out_of_reach_took_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", away)
    assert not replies.follow(f"{LINK}a", decline=False, reason="", name="值班")
