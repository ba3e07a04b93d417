"""The key that signs links: one for an installation, whoever comes first, and nobody else's to read."""

from pathlib import Path
from threading import Barrier, Thread

import pytest

from rongmei.access import link_key
from rongmei.errors import BadInput


@pytest.fixture(autouse=True)
def _no_key_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RONGMEI_LINK_KEY", raising=False)


def test_it_is_made_once_and_readable_for_its_owner_only(tmp_path: Path) -> None:
    key = link_key(tmp_path)
    assert len(key) >= 32
    assert link_key(tmp_path) == key
    assert (tmp_path / "keys" / "links").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["links"]


def test_many_who_come_first_together_get_the_same(tmp_path: Path) -> None:
    barrier, keys = Barrier(8), []

    def come() -> None:
        barrier.wait()
        keys.append(link_key(tmp_path))

    threads = [Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["links"]


def test_the_environments_comes_first_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGMEI_LINK_KEY", " " + "x" * 32 + "\n")
    assert link_key(tmp_path) == b"x" * 32
    assert not list(tmp_path.iterdir())


def test_what_is_no_key_is_refused_without_showing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGMEI_LINK_KEY", "hunter2")
    with pytest.raises(BadInput, match="RONGMEI_LINK_KEY：签名密钥不足") as refused:
        link_key(tmp_path)
    assert "hunter2" not in str(refused.value)
    monkeypatch.delenv("RONGMEI_LINK_KEY")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "links").write_text("short")
    with pytest.raises(BadInput, match="不足 32 个字符"):
        link_key(tmp_path)
    (tmp_path / "keys" / "links").write_bytes("钥".encode() * 32)
    with pytest.raises(BadInput, match="读写不了签名密钥"):
        link_key(tmp_path)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    with pytest.raises(BadInput, match="RONGMEI_LINK_KEY"):
        link_key(tmp_path)
