"""The intake endpoint: right outlet, wrong outlet, nobody; names that lead astray, files that are not what they say."""

from __future__ import annotations

import io
import logging
import os
import shutil
import wave
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy.exc import OperationalError

from rongmei.access import Sealer
from rongmei.config import load_house
from rongmei.ledger import Ledger
from rongmei.ledger.tables import Base
from rongmei.settings import PACKAGE_CONFIG, Settings
from rongmei.stories import arrivals
from rongmei.stories.tokens import issue_token, revoke_tokens, token_state, tokens_of
from rongmei_airflow import intake_app
from rongmei_airflow.intake_app import PREFIX, STRANGERS, Gate, make_app
from rongmei_airflow.plugin import RongmeiPlugin

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
TEXT = "---\n任务: 12\n标题: 东城夺冠\n---\n正文\n".encode()


def picture(fmt: str = "JPEG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(stream, fmt)
    return stream.getvalue()


def recording() -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(8000))
    return stream.getvalue()


def bomb(megabytes: int) -> bytes:
    """A document whose text is blanks that unpack to so much."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", b" " * megabytes * 2**20)
    return stream.getvalue()


class House:
    """A newsroom's house with an endpoint, and an outlet's program that files to it."""

    def __init__(self, home: Path, ledger: Ledger) -> None:
        self.home, self.ledger = home, ledger
        self.settings = Settings(home, "", PACKAGE_CONFIG, None, None, None)
        self.config = load_house(PACKAGE_CONFIG)
        self.sealer, self.now, self.fault = Sealer(b"k" * 32), NOW, None
        gate = Gate(ledger, self.sealer, self.settings, self.read, lambda: self.now)
        outer = FastAPI()
        outer.mount(PREFIX, make_app(gate))
        self.http = TestClient(outer, base_url="https://rm.example")
        self.token = self.give("humen")

    def read(self) -> Any:
        if self.fault:
            raise self.fault
        return self.config

    def give(self, outlet: str, **how: Any) -> str:
        cluster = self.config.clusters["dongguan"]
        return issue_token(self.ledger, self.sealer, cluster, outlet, by="chen-ce", now=self.now, **how)

    def put(self, name: str, data: bytes = TEXT, *, token: str | None = None, method: str = "PUT", **how: Any) -> Any:
        headers = {"Authorization": f"Bearer {token or self.token}", **how.pop("headers", {})}
        return self.http.request(method, f"{PREFIX}/{name}", content=data, headers=headers, **how)

    def files(self, outlet: str = "humen", *, rehearsal: bool = False) -> list[str]:
        root = self.settings.inbox(rehearsal=rehearsal) / "stories" / outlet
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ledger") / "ledger.db"
    ledger = Ledger(f"sqlite:///{file}")
    Base.metadata.create_all(ledger.engine)
    ledger.close()
    return file


@pytest.fixture
def house(tmp_path: Path, empty: Path) -> Iterator[House]:
    shutil.copy(empty, tmp_path / "ledger.db")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield House(tmp_path, ledger)
    ledger.close()


def test_a_file_lands_in_the_outlets_drop_folder(house: House) -> None:
    answer = house.put("稿件.md")
    assert answer.status_code == 201
    said = answer.json()
    assert (said["ok"], said["message"], said["files"][0]["kind"]) == (True, "已收下，等收稿", "文稿")
    assert (house.home / "inbox/stories/humen/稿件.md").read_bytes() == TEXT
    assert answer.headers["cache-control"] == "no-store"
    again = house.put("稿件.md", method="POST")
    assert (again.status_code, again.json()["message"]) == (200, "已经收到过同样的文件")
    other = house.put("稿件.md", TEXT + b"1")
    assert (other.status_code, other.json()["message"]) == (201, "已收下，替换了还没收走的同名文件")
    assert house.files() == ["稿件.md"]


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("12 夺冠/图/1.jpg", picture(), "图片"),
        ("名不副实.jpg", picture("PNG"), "图片"),
        ("采访.wav", recording(), "音频"),
        ("没有后缀", picture(), "图片"),
        ("网页.html", b"<html><body><p>x</p></body></html>", "文稿"),
    ],
)
def test_what_a_file_is_its_bytes_say(house: House, name: str, data: bytes, kind: str) -> None:
    answer = house.put(name, data)
    assert (answer.status_code, answer.json()["files"][0]["kind"]) == (201, kind)
    assert house.files() == [name]


def test_a_form_of_several_files_lands_whole_or_not_at_all(house: House) -> None:
    post = partial(house.http.post, f"{PREFIX}/", headers={"Authorization": f"Bearer {house.token}"})
    files = [("file", ("稿件.md", TEXT)), ("file", ("图1.jpg", picture()))]
    answer = post(files=files, data={"folder": "12 夺冠"})
    assert (answer.status_code, answer.json()["message"]) == (201, "共 2 个文件")
    assert [one["kind"] for one in answer.json()["files"]] == ["图片", "文稿"]
    assert house.files() == ["12 夺冠/图1.jpg", "12 夺冠/稿件.md"]
    broken = post(files=[*files, ("file", ("图2.jpg", b"no picture"))], data={"folder": "13"})
    assert broken.status_code == 415
    assert len(house.files()) == 2
    assert post(files=[("file", ("../../x.md", TEXT))]).status_code == 400
    assert post(data={"folder": "x"}, files={"other": ("", b"")}).status_code == 400


def test_a_token_opens_one_outlets_door_only(house: House) -> None:
    assert house.put("稿件.md", token=house.give("changan")).status_code == 201
    assert house.put("稿件.md", token=house.give("humen", rehearsal=True)).status_code == 201
    assert house.files("changan") == house.files(rehearsal=True) == ["稿件.md"]
    assert not (house.home / "inbox/stories/humen").exists()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}])
def test_nobody_gets_in(house: House, headers: dict[str, str]) -> None:
    answer = house.http.put(f"{PREFIX}/稿件.md", content=TEXT, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "向制片人要" in answer.json()["message"]
    assert not (house.home / "inbox").exists()


def test_tokens_that_are_forged_of_another_door_expired_or_taken_back(house: House) -> None:
    head, tail = house.token.split(".")
    for forged in (f"{head}.{tail[::-1]}", "x" * 5000, house.sealer.seal("answer", head), f"{'0' * 32}.{tail}"):
        answer = house.put("稿件.md", token=forged)
        assert (answer.status_code, answer.json()["message"]) == (401, "令牌不对，请向制片人要新的")
    house.now += timedelta(days=366)
    assert "已经过期" in house.put("稿件.md").json()["message"]
    house.now = NOW
    second = house.give("humen")
    assert revoke_tokens(house.ledger, "humen", now=NOW) == 2
    for token in (house.token, second):
        answer = house.put("稿件.md", token=token)
        assert (answer.status_code, "令牌已经作废" in answer.json()["message"]) == (401, True)
    assert [token_state(one, NOW) for one in tokens_of(house.ledger, "humen")] == ["6月6日 12:00 作废"] * 2
    assert house.put("稿件.md", token=house.give("humen")).status_code == 201


def test_an_outlet_that_left_its_cluster_files_nothing(house: House) -> None:
    house.config = SimpleNamespace(clusters={}, campaigns={})
    assert house.put("稿件.md").status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        "..%2F..%2Fledger.md",
        "%2e%2e/x.md",
        "a/../../x.md",
        "/etc/x.md",
        "a/b/c/d.md",
        ".hidden.md",
        "a/.x.md",
        "稿件.md.part",
        "processed/x.md",
        "REFUSED/x.md",
        "x%00.md",
        "x%0A.md",
        "C:%5Cx.md",
        "x%E2%80%AE.md",
        "a//b.md",
        "长" * 61 + ".md",
        "",
    ],
)
def test_a_name_never_leads_astray(house: House, name: str) -> None:
    before = {path for path in house.home.rglob("*") if path.is_file() and "ledger" not in path.name}
    answer = house.http.request(
        "PUT", f"https://rm.example{PREFIX}/{name}", content=TEXT, headers={"Authorization": f"Bearer {house.token}"}
    )
    # A client that tidies its address itself asks for somebody else's.
    assert answer.status_code in {400, 404}
    assert {path for path in house.home.rglob("*") if path.is_file() and "ledger" not in path.name} == before


def test_links_in_the_folder_are_not_followed(house: House, tmp_path: Path) -> None:
    root = house.home / "inbox/stories/humen"
    root.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (root / "out").symlink_to(tmp_path / "elsewhere")
    (root / "x.md").symlink_to(tmp_path / "target.md")
    (root / "folder.md").mkdir()
    assert house.put("out/x.md").status_code == 409
    assert house.put("x.md").status_code == 409
    assert house.put("folder.md").status_code == 409
    assert house.put("x.md/y.md").status_code == 409
    assert not any((tmp_path / "elsewhere").iterdir())
    assert not (tmp_path / "target.md").exists()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("空.md", b"", "文件是空的"),
        ("图.jpg", b"<svg onload=alert(1)>", "不是完好的 JPEG"),
        ("图.jpg", b"\xff\xd8\xff\xe0<?php system($_GET[0]); ?>", "不是完好的 JPEG"),
        ("图.gif", b"GIF89a/*<html><script>alert(1)</script>", "不是完好的 JPEG"),
        ("稿.md", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "收不了SVG"),
        ("稿.docx", b"MZ\x90\x00program", "收不了程序"),
        ("稿.docx", bomb(1)[:300], "打不开"),
        ("视频.mp4", b"\0\0\0\x18ftypisom" + b"\0" * 12, "视频"),
        ("声.mp3", b"ID3" + b"\0" * 100, "不是 MP3"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_not_taken(house: House, name: str, data: bytes, said: str) -> None:
    answer = house.put(name, data)
    assert answer.status_code == 415
    assert said in answer.json()["message"]
    assert house.files() == []


def test_a_zip_bomb_costs_nothing(house: House) -> None:
    data = bomb(100)
    assert len(data) < 2**20
    assert house.put("稿.docx", data).status_code == 415
    assert house.files() == []


def test_too_much_is_refused_before_it_is_read_or_while_it_comes(house: House, monkeypatch: Any) -> None:
    limits = arrivals.Limits(text=1, picture=1, video=2, audio=1)
    monkeypatch.setattr(intake_app, "limits_of", lambda campaigns: limits)
    assert house.put("稿.md", headers={"Content-Length": "99999999999"}).status_code == 413
    assert house.put("稿.md", iter([b"x" * 2**20] * 3)).status_code == 413
    noise = Image.effect_noise((1200, 1200), 90)
    stream = io.BytesIO()
    noise.save(stream, "PNG")
    assert "图片超过 1 MB" in house.put("图.png", stream.getvalue()).json()["message"]
    assert house.files() == []


def test_a_full_disk_and_a_full_folder(house: House, monkeypatch: Any) -> None:
    monkeypatch.setattr(arrivals, "MAX_WAITING_FILES", 1)
    assert house.put("一.md").status_code == 201
    assert house.put("二.md").status_code == 507
    monkeypatch.setattr(arrivals, "MAX_WAITING_FILES", 9)
    monkeypatch.setattr(arrivals.shutil, "disk_usage", lambda path: SimpleNamespace(free=10))
    answer = house.put("二.md")
    assert (answer.status_code, answer.json()["message"]) == (507, "磁盘空间不够，请稍后再传")


def test_what_a_process_that_died_left_is_cleared(house: House) -> None:
    house.put("一.md")
    root = house.home / "inbox/stories/humen"
    stale, fresh = root / f".{'a' * 24}.part", root / f".{'b' * 24}.part"
    for path in (stale, fresh):
        path.write_bytes(b"half")
    os.utime(stale, (1_000_000_000, 1_000_000_000))
    house.put("二.md")
    assert (stale.exists(), fresh.exists()) == (False, True)


def test_other_methods_too_many_strangers_and_a_house_in_trouble(house: House) -> None:
    assert house.http.get(f"{PREFIX}/稿件.md").status_code == 405
    house.fault = OperationalError("select", {}, Exception("secret"))
    answer = house.put("稿件.md")
    assert answer.status_code == 503
    assert "secret" not in answer.text
    statuses = [house.put("稿件.md", token="0" * 40).status_code for _ in range(STRANGERS + 1)]
    assert statuses[-2:] == [401, 429]


def test_a_token_stands_nowhere_but_in_the_outlets_hands(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        house.put("稿件.md")
        house.put("坏.jpg", b"x")
    assert house.token not in caplog.text
    assert "humen 由接口交来文稿" in caplog.text
    with house.ledger.engine.connect() as connection:
        dumped = "".join(connection.connection.iterdump())
    assert house.token not in dumped


def test_airflow_mounts_it() -> None:
    assert PREFIX in [app["url_prefix"] for app in RongmeiPlugin.fastapi_apps]
