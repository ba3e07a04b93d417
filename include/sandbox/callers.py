"""How a client makes itself known on each platform, and what it remembers of the answers it gets.

It is for whoever drives the sandbox by its OpenAPI document — a fuzzer, above all: a signature cannot be guessed, nor
the id of what was uploaded a moment ago, and without them nothing but the door is tried.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import shanghai
from sandbox.platforms.alipay.rsa import sign

# Fields of an account's credentials that requests carry under the same name.
_NAMED = frozenset(
    {
        "appid", "secret", "client_id", "client_key", "client_secret", "app_id", "app_secret", "access_token",
        "refresh_token", "open_id", "uid",
    }
)  # fmt: skip


@dataclass
class Request:
    """A request that has not been sent: ``path`` is below the platform's prefix, ``form`` what is not a file.

    ``json`` is a body that is to be sent as JSON, ``body`` one that is sent as it is; ``multipart``: there are files.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    json: Any = None
    body: bytes = b""
    multipart: bool = False


class Caller:
    """One account on one platform.

    Args:
        platform: its name.
        credentials: what ``/_sandbox/credentials`` shows of it, for WeChat with an ``access_token`` added.
    """

    def __init__(self, platform: str, credentials: Mapping[str, str]) -> None:
        self._credentials = credentials
        ways: dict[str, Callable[[Request, float], None]] = {
            "wechat": self._token_in_query,
            "weibo": self._token_in_query,
            "kuaishou": self._kuaishou,
            "douyin": self._douyin,
            "wordpress": self._wordpress,
            "bilibili": self._bilibili,
            "alipay": self._alipay,
        }
        self._admit = ways[platform]

    def admit(self, request: Request, now: float) -> None:
        """Make a request this account's; ``now`` is sandbox time in epoch seconds."""
        if request.body == b"" and request.json is not None:
            _fill(request.json, self._credentials)
            request.body = json.dumps(request.json, ensure_ascii=False).encode("utf-8", "surrogatepass")
        for given in (request.query, request.form):
            _fill(given, self._credentials)
        self._admit(request, now)

    def _token_in_query(self, request: Request, _now: float) -> None:
        request.query["access_token"] = self._credentials["access_token"]

    def _kuaishou(self, request: Request, _now: float) -> None:
        for name in ("app_id", "access_token"):
            request.query[name] = self._credentials[name]

    def _douyin(self, request: Request, _now: float) -> None:
        # The hot lists ask for the app's own token, everything else for the user's.
        name = "client_token" if request.path.startswith("/hotsearch") else "access_token"
        request.headers["access-token"] = self._credentials.get(name, "")

    def _wordpress(self, request: Request, _now: float) -> None:
        pair = f"{self._credentials['username']}:{self._credentials['password']}"
        request.headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _bilibili(self, request: Request, now: float) -> None:
        body = b"" if request.multipart else request.body
        signed = {
            "x-bili-accesskeyid": self._credentials["client_id"],
            "x-bili-content-md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
            "x-bili-signature-method": "HMAC-SHA256",
            "x-bili-signature-nonce": uuid.uuid4().hex,
            "x-bili-signature-version": "2.0",
            "x-bili-timestamp": str(int(now)),
        }
        text = "\n".join(f"{name}:{value}" for name, value in signed.items())
        secret = self._credentials["client_secret"].encode()
        request.headers |= {
            **signed,
            "Accept": "application/json",
            "Access-Token": self._credentials["access_token"],
            "Authorization": hmac.new(secret, text.encode(), hashlib.sha256).hexdigest(),
        }
        if not request.multipart:
            request.headers["Content-Type"] = "application/json"

    def _alipay(self, request: Request, now: float) -> None:
        given = request.query if request.method == "GET" else request.form
        given |= {
            "app_id": self._credentials["app_id"],
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{shanghai(now):%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
        }
        whole = {**request.query, **request.form}
        text = "&".join(f"{name}={whole[name]}" for name in sorted(whole) if name != "sign" and whole[name])
        given["sign"] = sign(self._credentials["private_key"], text)


class Memory:
    """The ids, addresses and tokens that a platform's answers have told, the newest of each name last."""

    _most = 20
    # Where a request has another name for it than the answer, or means that of one call only.
    _names: Mapping[str, Mapping[str, str]] = {
        "wechat": {"thumb_media_id": "add_material.media_id", "image_media_id": "add_material.media_id"},
        "weibo": {"id": "mid", "ids": "mid"},
        "wordpress": {"post": "id"},
        "douyin": {"custom_cover_image_url": "image_id", "item_ids": "item_id", "image_list": "image_id"},
        "kuaishou": {"photo": "photo_id", "cursor": "photo_id"},
        "bilibili": {"cover": "url", "bvid": "resource_id"},
        "alipay": {"cover": "image_url", "cover_img": "image_url", "url": "content_url", "message_ids": "message_id"},
    }

    def __init__(self, platform: str, credentials: dict[str, str]) -> None:
        self._platform = platform
        self._credentials = credentials
        self._told: dict[str, list[Any]] = defaultdict(list)

    def learn(self, path: str, document: Any) -> None:
        """Keep what an answer to a call at this path tells; of tokens also the one that is valid from now on."""
        call = path.rstrip("/").rpartition("/")[2]
        for name, value in _leaves(document):
            if value and name.endswith(("id", "url", "token")):
                for key in (name, f"{call}.{name}"):
                    self._told[key] = [*(known for known in self._told[key] if known != value), value][-self._most :]
            if name == "access_token" and self._platform == "wechat":
                self._credentials[name] = str(value)
            if name == "access_token" and str(value).startswith("clt."):
                self._credentials["client_token"] = str(value)

    def known(self, name: str) -> list[Any]:
        """What a request may have for a field of this name."""
        return self._told.get(self._names.get(self._platform, {}).get(name, name), [])


def _leaves(document: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, str | int):
                yield name, value
            yield from _leaves(value)
    elif isinstance(document, list):
        for item in document:
            yield from _leaves(item)


def _fill(given: Any, credentials: Mapping[str, str]) -> None:
    """Put the account's own values where a mapping has fields of those names."""
    if isinstance(given, dict):
        given |= {name: credentials[name] for name in given if name in _NAMED and name in credentials}
