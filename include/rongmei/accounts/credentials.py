"""Where credentials come from without Airflow: a JSON file, or the sandbox's own list of its accounts.

Both have the same shape, keyed by account: `{"dongguan-daily/wechat": {"base_url": "…", "appid": "…", …}}`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from rongmei.channels import Credential, all_channels, describe
from rongmei.channels.client import Client
from rongmei.config import Account, Outlet, account_key
from rongmei.errors import BadInput, CredentialRefused, TryLater

Connect: TypeAlias = Callable[[Outlet, Account], Credential]
"""Finds the credential of an account; raises CredentialRefused when there is none, TryLater when it cannot look."""


def official_address(channel: str) -> str:
    """Where the platform is when a connection does not say; "" when it has to."""
    known = all_channels().get(channel)
    return known.capabilities.official if known else ""


class FileCredentials:
    """Credentials in a JSON file, read anew whenever it has changed.

    Raises:
        BadInput: the file cannot be read or is not of the shape above. Its content never shows up in a message.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._version: tuple[int, int] | None = None
        self._known: Mapping[str, Credential] = {}

    def __call__(self, outlet: Outlet, account: Account) -> Credential:
        """The credential of one account.

        Raises:
            CredentialRefused: the file has none.
        """
        with self._lock:
            self._refresh()
        return _pick(self._known, account_key(outlet, account), f"凭据文件 {self._path.name}")

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
        except OSError:
            raise BadInput("找不到凭据文件", where=self._path.name, mend="检查环境变量 RONGMEI_CREDENTIALS") from None
        version = (stat.st_mtime_ns, stat.st_size)
        if version != self._version:
            self._known = read_credentials(_load(self._path), self._path.name, sandbox=False)
            self._version = version


class SandboxCredentials:
    """The accounts of a running sandbox, asked for once; what it gives is good for rehearsals only.

    Args:
        sandbox_url: base URL of the sandbox; `/_sandbox/credentials` below it answers the shape above.
        exports: the folder that rehearsals deliver to in place of every partner; None refuses exports.
    """

    def __init__(self, sandbox_url: str, exports: Path | None = None) -> None:
        self._client = Client(sandbox_url, "沙箱")
        self._exports = exports
        self._lock = threading.Lock()
        self._known: Mapping[str, Credential] | None = None

    def __call__(self, outlet: Outlet, account: Account) -> Credential:
        """The credential of one account.

        Raises:
            CredentialRefused: the sandbox has no such account.
            TryLater: the sandbox does not answer.
        """
        if self._exports is not None and describe(account.channel).capabilities.kind == "export":
            folder = self._exports / outlet.id / account.channel
            folder.mkdir(parents=True, exist_ok=True)
            return Credential(folder.resolve().as_uri(), {}, sandbox=True)
        with self._lock:
            if self._known is None:
                answer = self._client.call("GET", "/_sandbox/credentials")
                if answer.status != 200 or not isinstance(answer.data, dict):
                    raise TryLater(f"沙箱没有给出账号（HTTP {answer.status}）")
                self._known = read_credentials(answer.data, "沙箱", sandbox=True)
            known = self._known
        return _pick(known, account_key(outlet, account), "沙箱")


def read_credentials(document: Any, where: str, *, sandbox: bool) -> dict[str, Credential]:
    """Credentials from the parsed JSON.

    Raises:
        BadInput: it has another shape.
    """
    mend = '写成 {"媒体/渠道": {"base_url": "…", …}}，值都是文字'
    if not isinstance(document, dict):
        raise BadInput("不是一个 JSON 对象", where=where, mend=mend)
    found = {}
    for key, fields in document.items():
        if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
            raise BadInput(f"“{key}”的内容不对", where=where, mend=mend)
        rest = dict(fields)
        base_url = rest.pop("base_url", "") or official_address(key.rpartition("/")[2])
        found[key] = Credential(base_url.rstrip("/"), rest, sandbox=sandbox)
    return found


def _load(path: Path) -> Any:
    document = _parsed(path)
    # Not raised where the parser failed: its error carries the document, secrets and all.
    if document is None:
        raise BadInput("凭据文件读不出来", where=path.name, mend="检查它是不是 UTF-8 的 JSON")
    return document


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _pick(known: Mapping[str, Credential], key: str, where: str) -> Credential:
    if key not in known:
        raise CredentialRefused(f"{where}里没有账号 {key}")
    return known[key]
