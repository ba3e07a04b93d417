"""The UI speaks Chinese and Beijing time to a reader who never chose, and nothing else of Airflow's answers changes."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.testclient import TestClient

from rongmei_airflow.language import CHOOSE, ChineseFirst

PAGE = '<html lang="en"><head><title>A</title></head><body>你好</body></html>'


def client() -> TestClient:
    app = FastAPI()
    app.add_middleware(ChineseFirst)
    app.get("/")(lambda: HTMLResponse(PAGE))
    app.get("/bare")(lambda: HTMLResponse("<p>x</p>"))
    app.get("/api/v2/page")(lambda: HTMLResponse(PAGE))
    app.get("/json")(lambda: JSONResponse({"html": PAGE}))
    return TestClient(app)


def test_page_chooses_chinese_before_any_other_script_and_keeps_its_length_right() -> None:
    answer = client().get("/")
    assert answer.text.index(CHOOSE.decode()) < answer.text.index("<title>")
    assert 'lang="zh-CN"' in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_choice_that_was_made_is_kept() -> None:
    assert b"getItem('i18nextLng')||localStorage.setItem('i18nextLng','zh-CN')" in CHOOSE
    assert b"getItem('timezone')||localStorage.setItem('timezone','\"Asia/Shanghai\"')" in CHOOSE


def test_other_answers_pass_untouched() -> None:
    there = client()
    assert there.get("/bare").text == "<p>x</p>"
    assert there.get("/api/v2/page").text == PAGE
    assert there.get("/json").json() == {"html": PAGE}
