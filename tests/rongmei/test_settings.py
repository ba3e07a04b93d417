"""Settings come from the environment; what is left empty there is as if it were not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from rongmei.settings import PACKAGE_CONFIG, load_settings, rehearsal_by_default

NAMES = ("HOME", "LEDGER", "CONFIG", "SANDBOX", "SOURCES_BASE", "SMTP", "REHEARSAL")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"RONGMEI_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults(tmp_path: Path) -> None:
    found = load_settings()
    assert found.home == (tmp_path / ".rongmei").resolve()
    assert found.ledger_url == f"sqlite:///{found.home / 'ledger.db'}"
    assert found.config == PACKAGE_CONFIG
    assert (found.config / "campaigns").is_dir()
    assert (found.sandbox_url, found.sources_base, found.smtp_url) == (None, None, None)


def test_everything_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {
        "HOME": str(tmp_path / "data"),
        "LEDGER": "postgresql+psycopg://a:b@db/ledger",
        "CONFIG": "conf",
        "SANDBOX": "http://127.0.0.1:1",
        "SOURCES_BASE": "http://127.0.0.1:2",
        "SMTP": "smtp://127.0.0.1:3",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"RONGMEI_{name}", value)
    found = load_settings()
    assert found.home == tmp_path / "data"
    assert found.config == tmp_path.resolve() / "conf"
    assert [found.ledger_url, found.sandbox_url, found.sources_base, found.smtp_url] == [
        values[name] for name in ("LEDGER", "SANDBOX", "SOURCES_BASE", "SMTP")
    ]


def test_empty_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compose file passes `${RONGMEI_HOME:-}` on as an empty word."""
    bare = load_settings()
    for name in NAMES:
        monkeypatch.setenv(f"RONGMEI_{name}", "")
    assert load_settings() == bare
    assert not rehearsal_by_default()


def test_the_home_of_the_user_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("RONGMEI_HOME", "~/desk")
    assert load_settings().home == (tmp_path / "user" / "desk").resolve()


def test_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    found = load_settings()
    assert found.inbox(rehearsal=False) == tmp_path / "inbox"
    assert found.inbox(rehearsal=True) == tmp_path / "rehearsal" / "inbox"
    assert (found.media, found.reports) == (tmp_path / "media", tmp_path / "reports")
    assert found.feeds(rehearsal=False) == tmp_path / "feeds"
    assert found.feeds(rehearsal=True) == tmp_path / "rehearsal" / "feeds"


def test_no_password_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LEDGER", "SANDBOX", "SOURCES_BASE", "SMTP"):
        monkeypatch.setenv(f"RONGMEI_{name}", "scheme://user:geheim@host")
    assert "geheim" not in f"{load_settings()!r} {load_settings()}"


@pytest.mark.parametrize("value", ["1", "true", "True", "YES", " on "])
def test_a_yes_means_rehearsal(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("RONGMEI_REHEARSAL", value)
    assert rehearsal_by_default()


@pytest.mark.parametrize("value", [None, "0", "false", "no", "off"])
def test_anything_else_is_the_real_thing(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("RONGMEI_REHEARSAL", value)
    assert not rehearsal_by_default()
