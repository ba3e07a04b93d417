"""Folders: a file appears whole or not at all, once, and never outside."""

import errno
import os
from pathlib import Path

import pytest

from rongmei.channels.bodies import Slice
from rongmei.delivery import Goods, open_target
from rongmei.errors import BadInput, CredentialRefused, TryLater

NAME = "rongmei-story-17-v1-rm1.json"


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def target(line, inbox):
    with open_target(line(inbox.as_uri())) as opened:
        yield opened


def test_a_file_and_its_receipt(target, inbox, goods):
    receipt = target.deliver(goods(data=b"{1}"), key="rm1")
    assert (inbox / NAME).read_bytes() == b"{1}"
    assert (receipt.name, receipt.size, receipt.address) == (NAME, 3, f"{inbox.as_uri()}/{NAME}")
    assert [path.name for path in inbox.iterdir()] == [NAME]
    assert (inbox / NAME).stat().st_mode & 0o777 == 0o644


def test_the_same_again_changes_nothing(target, inbox, goods):
    target.deliver(goods(), key="rm1")
    before = (inbox / NAME).stat()
    target.deliver(goods(), key="rm1")
    after = (inbox / NAME).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_other_content_takes_its_place_at_once(target, inbox, goods):
    target.deliver(goods(data=b"[]"), key="rm1")
    target.deliver(goods(data=b"{}"), key="rm1")
    assert (inbox / NAME).read_bytes() == b"{}"


def test_media_lie_beside(target, inbox, goods):
    target.lay(goods("media/0a.jpg", b"x"))
    assert (inbox / "media" / "0a.jpg").read_bytes() == b"x"


def test_looking(target, goods):
    one = goods()
    assert target.look(NAME, one.size, one.sha256) == "absent"
    target.deliver(one, key="rm1")
    assert target.look(NAME, one.size, one.sha256) == target.look(NAME) == "there"
    assert target.look(NAME, 99, one.sha256) == target.look(NAME, one.size, "0" * 64) == "different"
    assert target.look("media/none.jpg") == "absent"
    with pytest.raises(BadInput):
        target.look("../x")


def test_a_folder_that_is_not_there_is_not_made(line, tmp_path, goods):
    with open_target(line((tmp_path / "unmounted").as_uri())) as target:
        with pytest.raises(CredentialRefused, match="挂载"):
            target.deliver(goods(), key="rm1")
        with pytest.raises(CredentialRefused):
            target.look(NAME)
    assert list(tmp_path.iterdir()) == []


def test_links_do_not_lead_out(target, inbox, tmp_path, goods):
    outside = tmp_path / "outside"
    outside.mkdir()
    (inbox / "media").symlink_to(outside)
    with pytest.raises(CredentialRefused, match="链接"):
        target.lay(goods("media/0a.jpg"))
    victim = tmp_path / "victim"
    victim.write_bytes(b"{}")
    (inbox / NAME).symlink_to(victim)
    assert target.look(NAME, 2, goods().sha256) == "different"
    target.deliver(goods(), key="rm1")
    assert not (inbox / NAME).is_symlink()
    assert list(outside.iterdir()) == []
    assert victim.read_bytes() == b"{}"


def test_half_a_file_is_never_seen(target, inbox, tmp_path, goods):
    film = tmp_path / "film"
    film.write_bytes(b"123")
    shorter = Goods("media/0a.mp4", Slice(film, 0, 10, "video/mp4"), "0" * 64)
    with pytest.raises(TryLater):
        target.lay(shorter)
    assert list((inbox / "media").iterdir()) == []


@pytest.mark.parametrize(
    ("error", "raised", "word"),
    [
        (OSError(errno.ENOSPC, "full"), TryLater, "磁盘满了"),
        (OSError(errno.EIO, "io"), TryLater, "EIO"),
        (PermissionError(errno.EACCES, "no"), CredentialRefused, "权限"),
    ],
)
def test_what_the_system_refuses(target, inbox, goods, monkeypatch, error, raised, word):
    def refuse(self, place):
        raise error

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(raised, match=word) as caught:
        target.deliver(goods(), key="rm1")
    assert type(caught.value) is raised
    assert list(inbox.iterdir()) == []


def test_shares_that_cannot_write_out_folders(target, inbox, goods, monkeypatch):
    real = os.fsync

    def fsync(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(errno.EINVAL, "not here")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    target.deliver(goods(), key="rm1")
    assert (inbox / NAME).exists()
