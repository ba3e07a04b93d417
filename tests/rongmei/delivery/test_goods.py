"""Names and addresses: nothing leads anywhere but where it should."""

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import Credential
from rongmei.delivery import Receipt, addresses, folder_uri, problem_with, takes_folders
from rongmei.delivery.goods import safe
from rongmei.errors import BadInput, CredentialRefused

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["a.json", "media/0123.jpg", "rongmei-story-17-v1-rm01-canceled.xml"])
def test_names_that_are_used(name):
    assert safe(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "..", ".", "../a", "/a", "a/b", "media/", "media/../a", "media/.a", "other/a", ".hidden", "a\n", "a b",
     "稿.json", "a\\b", "a\x00", "x" * 200, "-a", "media//a"],
)  # fmt: skip
def test_names_that_could_lead_elsewhere(name):
    with pytest.raises(BadInput):
        safe(name)


@given(st.text(max_size=30))
def test_what_is_safe_stays_in_its_folder(name):
    try:
        safe(name)
    except BadInput:
        return
    resolved = (Path("/srv/in") / name).resolve()
    assert resolved.parent in (Path("/srv/in"), Path("/srv/in/media"))


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("file:///srv/in", "/srv/in"),
        ("file://localhost/srv/in", "/srv/in"),
        ("file:///srv/%E7%A8%BF%E4%BB%B6", "/srv/稿件"),
        ("file:///srv/稿件", "/srv/稿件"),
    ],
)
def test_folders(url, folder):
    assert addresses.folder_of(url) == Path(folder)


@pytest.mark.parametrize(
    "url",
    ["file:", "file:///", "file://other/srv", "file:relative", "file:///srv/../etc", "file:///srv/%2e%2e/etc", "/srv",
     "file:///srv?x", "file:///srv#x", "file:///srv/%00", "file://[bad/srv", "sftp://h/srv"],
)  # fmt: skip
def test_no_folders(url):
    with pytest.raises(CredentialRefused):
        addresses.folder_of(url)


@pytest.mark.parametrize(
    ("url", "server", "uri"),
    [
        ("sftp://h.example/in", ("h.example", 22, "/in"), "sftp://h.example/in"),
        ("sftp://h.example:2222/in/a b", ("h.example", 2222, "/in/a b"), "sftp://h.example:2222/in/a%20b"),
        ("sftp://[::1]:2222/in", ("::1", 2222, "/in"), "sftp://[::1]:2222/in"),
    ],
)
def test_servers(url, server, uri):
    found = addresses.server_of(url)
    assert (found.host, found.port, str(found.folder)) == server
    assert found.folder == PurePosixPath(server[2])
    assert found.uri == uri


@pytest.mark.parametrize(
    "url",
    ["sftp://", "sftp:///in", "sftp://h", "sftp://h/", "sftp://u:secret-password@h/in", "sftp://h:0/in",
     "sftp://h:99999/in", "sftp://h:x/in", "sftp://h/in/../..", "file:///in"],
)  # fmt: skip
def test_no_servers(url):
    with pytest.raises(CredentialRefused) as caught:
        addresses.server_of(url)
    assert "secret-password" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "fields", "word"),
    [
        ("file:///srv/in", {}, ""),
        ("sftp://h/in", {}, ""),
        ("https://h/in", {}, ""),
        ("https://h/in", {"method": "put", "readback": "HEAD"}, ""),
        ("https://h/in", {"method": "DELETE"}, "method"),
        ("https://h/in", {"readback": "yes"}, "readback"),
        ("ftp://h/in", {}, "file://"),
        ("", {}, "file://"),
        ("file:///", {}, "根目录"),
        ("sftp://h", {}, "绝对路径"),
    ],
)
def test_what_is_wrong_with_a_connection(url, fields, word):
    problem = problem_with(Credential(url, fields))
    assert word in problem
    assert bool(problem) == bool(word)


def test_where_files_can_lie_side_by_side():
    assert [takes_folders(Credential(url, {})) for url in ("file:///a", "SFTP://h/a", "https://h")] == [
        True,
        True,
        False,
    ]
    assert folder_uri(Credential("file:///srv/稿 件", {})) == "file:///srv/%E7%A8%BF%20%E4%BB%B6"
    assert folder_uri(Credential("sftp://h/in", {})) == "sftp://h/in"


def test_receipts_are_kept_as_json():
    kept = Receipt("a.json", "file:///srv/in/a.json", 2, "ab", NOW).kept()
    assert kept == {
        "name": "a.json",
        "address": "file:///srv/in/a.json",
        "size": 2,
        "sha256": "ab",
        "at": "2026-06-06T04:00:00+00:00",
    }
