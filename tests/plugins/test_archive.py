"""The archive's addresses: nobody is sent to the login, strangers are refused, nothing outside the folder comes out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from rongmei.config import load_house
from rongmei.settings import PACKAGE_CONFIG
from rongmei_airflow.archive_app import PREFIX, Archive, find, make_app
from rongmei_airflow.login import user_name
from rongmei_airflow.web import Turned


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Reports, and beside them what must not come out."""
    reports = tmp_path / "reports"
    (reports / "cunchao_2026-06-06").mkdir(parents=True)
    (reports / "index.html").write_text("<h1>报告</h1>", "utf-8")
    (reports / "cunchao_2026-06-06/report.html").write_text("<h1>村超</h1>", "utf-8")
    (reports / "cunchao_2026-06-06/figures.xlsx").write_bytes(b"PK")
    (reports / "cunchao_2026-06-06/message.eml").write_text("To: someone", "utf-8")
    (reports / "cunchao_2026-06-06/.half.html").write_text("half", "utf-8")
    (tmp_path / "secret.html").write_text("secret", "utf-8")
    (reports / "out.html").symlink_to(tmp_path / "secret.html")
    return reports


class Reader:
    """Somebody with a browser; `name` is who is logged in."""

    def __init__(self, folder: Path) -> None:
        clusters = list(load_house(PACKAGE_CONFIG).clusters.values())
        self.name: str | None = "chen-ce"
        outer = FastAPI()
        outer.mount(PREFIX, make_app(Archive(folder, lambda: clusters, self.who)))
        self.http = TestClient(outer, follow_redirects=False)

    async def who(self, _: Any) -> str:
        if self.name is None:
            raise Turned(401)
        return self.name

    def get(self, path: str) -> Any:
        return self.http.get(f"{PREFIX}/{path}")


@pytest.fixture
def reader(folder: Path) -> Reader:
    return Reader(folder)


def test_what_is_there_is_read(reader: Reader) -> None:
    assert "报告" in reader.get("").text
    page = reader.get("cunchao_2026-06-06/report.html")
    assert "村超" in page.text
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    book = reader.get("cunchao_2026-06-06/figures.xlsx")
    assert book.headers["content-disposition"].startswith("attachment")


def test_before_the_first_report_it_says_so(reader: Reader, folder: Path) -> None:
    (folder / "index.html").unlink()
    answer = reader.get("")
    assert answer.status_code == 200
    assert "还没有报告" in answer.text
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_nobody_is_sent_to_the_login(reader: Reader) -> None:
    reader.name = None
    answer = reader.get("cunchao_2026-06-06/report.html")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/api/v2/auth/login?next=http")
    assert "村超" not in answer.text


def test_a_login_of_nobody_in_the_cluster_is_refused(reader: Reader) -> None:
    reader.name = "stranger"
    assert reader.get("").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "../secret.html",
        "%2e%2e/secret.html",
        "..%2fsecret.html",
        "out.html",
        "cunchao_2026-06-06/message.eml",
        "cunchao_2026-06-06/.half.html",
        "cunchao_2026-06-06",
        "nothing.html",
        "a" * 600,
        "%00.html",
    ],
)
def test_nothing_else_comes_out(reader: Reader, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_nothing_can_be_sent(reader: Reader) -> None:
    assert reader.http.post(f"{PREFIX}/", content=b"x").status_code == 405


def test_an_absolute_name_stays_inside(folder: Path) -> None:
    with pytest.raises(Turned):
        find(folder, "//etc/hostname")


@pytest.mark.parametrize(("cookie", "status"), [("good", 200), ("forged", 303), (None, 303)])
def test_airflow_says_who_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch, cookie: str | None, status: int) -> None:
    async def resolve(token: str | None) -> Any:
        if token != "good":
            raise HTTPException(status_code=403)
        return SimpleNamespace(username="chen-ce")

    monkeypatch.setattr("airflow.api_fastapi.core_api.security.resolve_user_from_token", resolve)
    clusters = list(load_house(PACKAGE_CONFIG).clusters.values())
    outer = FastAPI()
    outer.mount(PREFIX, make_app(Archive(folder, lambda: clusters, user_name)))
    browser = TestClient(outer, follow_redirects=False, cookies={"_token": cookie} if cookie else {})
    assert browser.get(f"{PREFIX}/").status_code == status
