"""Credentials from a file and from the sandbox; their content never shows."""

import json
import traceback

import pytest

from rongmei.accounts import FileCredentials, SandboxCredentials
from rongmei.accounts.credentials import read_credentials
from rongmei.channels import Credential
from rongmei.config import Account, Outlet
from rongmei.errors import BadInput, CredentialRefused, TryLater

OUTLET = Outlet.model_validate(
    {
        "id": "daily",
        "name": "日报",
        "kind": "city",
        "size": 1,
        "regions": ["东莞"],
        "beats": ["体育"],
        "capacity_per_day": 1,
        "contact_email": "a@example.com",
    }
)
WECHAT = Account.model_validate({"channel": "wechat", "handle": "日报"})
WEIBO = Account.model_validate({"channel": "weibo", "handle": "日报"})
SECRET = "very-secret-value"
DOCUMENT = {"daily/wechat": {"appid": "wx1", "secret": SECRET}}


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "credentials.json"
    made.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return made


def test_a_file_gives_what_it_has(path):
    find = FileCredentials(path)
    found = find(OUTLET, WECHAT)
    assert (found.base_url, found.require("secret"), found.sandbox) == ("https://api.weixin.qq.com", SECRET, False)
    with pytest.raises(CredentialRefused, match="daily/weibo"):
        find(OUTLET, WEIBO)


def test_a_changed_file_is_read_again(path):
    find = FileCredentials(path)
    find(OUTLET, WECHAT)
    path.write_text(json.dumps({"daily/weibo": {"base_url": "http://x.example/", "uid": "12345"}}), encoding="utf-8")
    assert find(OUTLET, WEIBO).base_url == "http://x.example"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        f'{{"daily/wechat": {{"secret": "{SECRET}"',
        f'["{SECRET}"]',
        f'{{"daily/wechat": "{SECRET}"}}',
        f'{{"daily/wechat": {{"secret": ["{SECRET}"]}}}}',
        "null",
    ],
)
def test_a_broken_file_is_explained_without_its_content(path, text):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"credentials\.json") as caught:
        FileCredentials(path)(OUTLET, WECHAT)
    error = caught.value
    while error is not None:
        assert SECRET not in "".join(traceback.format_exception(error)) + repr(vars(error))
        error = error.__context__


def test_a_missing_file_names_the_variable(tmp_path):
    with pytest.raises(BadInput, match="RONGMEI_CREDENTIALS"):
        FileCredentials(tmp_path / "none.json")(OUTLET, WECHAT)


def test_nothing_secret_in_a_repr():
    credential = Credential(f"https://x.example/{SECRET}", {"secret": SECRET}, sandbox=True)
    assert SECRET not in f"{credential!r} {credential} {[credential]}"


def test_a_missing_field_is_the_connections_fault():
    with pytest.raises(CredentialRefused, match="secret"):
        Credential("https://x.example", {}).require("secret")


def test_the_sandbox_is_asked_once(wire):
    find = SandboxCredentials("http://sandbox.example")
    find._client.session.mount("http://", wire)
    wire.on("/_sandbox/credentials", {"daily/wechat": {"base_url": "http://sandbox.example/wechat", "appid": "wx1"}})
    assert find(OUTLET, WECHAT) == Credential("http://sandbox.example/wechat", {"appid": "wx1"}, sandbox=True)
    find(OUTLET, WECHAT)
    assert len(wire.sent) == 1
    with pytest.raises(CredentialRefused, match="沙箱里没有账号"):
        find(OUTLET, WEIBO)


def test_a_sandbox_that_is_away_is_asked_again(wire):
    find = SandboxCredentials("http://sandbox.example")
    find._client.session.mount("http://", wire)
    wire.on("/_sandbox/credentials", (404, {}), {"daily/wechat": {"base_url": "http://sandbox.example/wechat"}})
    with pytest.raises(TryLater):
        find(OUTLET, WECHAT)
    assert find(OUTLET, WECHAT).sandbox


def test_only_texts_are_credentials():
    with pytest.raises(BadInput):
        read_credentials({"daily/wechat": {"appid": 7}}, "文件", sandbox=False)


def test_a_rehearsal_delivers_to_a_folder_of_its_own(tmp_path):
    partner = Account.model_validate({"channel": "ninjs", "handle": "通稿"})
    found = SandboxCredentials("http://sandbox.example", tmp_path / "exports")(OUTLET, partner)
    assert found.sandbox
    assert found.base_url == (tmp_path / "exports" / OUTLET.id / "ninjs").as_uri()
    assert (tmp_path / "exports" / OUTLET.id / "ninjs").is_dir()
