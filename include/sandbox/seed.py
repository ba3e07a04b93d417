"""The accounts and limits the sandbox starts with: a YAML file, or credentials derived from an account's id.

A seed file lists outlets once, and what each platform needs beside them::

    derive: true                     # every outlet has an account on every platform, by the rules below
    audience: rongmei-rehearsal      # the salt of all reading figures
    ids:
      - {id: dongcheng, name: 东城发布, followers: 21000}
      - songshan-lake                # a bare id: name = id, followers = default_followers
    wechat:
      accounts:                      # listed accounts win over derived ones of the same id
        - {id: dongguan-daily, appid: wx…, secret: …, followers: 1000000}
      limits: {title_max: 32}        # what may be set here is documented in the platform's module

Derivation, so that a client and the sandbox agree on credentials without sharing a file (H = SHA-256 of UTF-8, hex):

========== ================= ================================================
platform   field             value
========== ================= ================================================
wechat     appid             ``"wx"`` + first 16 digits of H("wechat:" + id)
wechat     secret            first 32 digits of H("wechat-secret:" + id)
weibo      uid               first 10 digits of H("weibo:" + id) as a decimal
weibo      access_token      ``"2.00"`` + first 28 digits of H("weibo-token:" + id)
wordpress  username          id
wordpress  password          first 24 digits of H("wordpress:" + id) in groups of 4, spaces between
douyin     client_key        ``"aw"`` + first 14 digits of H("douyin:" + id)
douyin     client_secret     first 32 digits of H("douyin-secret:" + id)
douyin     open_id           first 32 digits of H("douyin-open:" + id) as a UUID is written, 8-4-4-4-12
douyin     access_token      ``"act."`` + first 40 digits of H("douyin-token:" + id)
douyin     refresh_token     ``"rft."`` + first 40 digits of H("douyin-refresh:" + id)
kuaishou   app_id            ``"ks"`` + first 14 digits of H("kuaishou:" + id) as a decimal of 18 digits
kuaishou   app_secret        first 22 digits of H("kuaishou-secret:" + id)
kuaishou   open_id           first 32 digits of H("kuaishou-open:" + id)
kuaishou   access_token      ``"ChFvYXV0aC5hY2Nlc3NUb2tlbh"`` + first 64 digits of H("kuaishou-token:" + id)
kuaishou   refresh_token     ``"ChJvYXV0aC5yZWZyZXNoVG9rZW"`` + first 64 digits of H("kuaishou-refresh:" + id)
bilibili   client_id         first 16 digits of H("bilibili:" + id)
bilibili   client_secret     first 32 digits of H("bilibili-secret:" + id)
bilibili   access_token      first 32 digits of H("bilibili-token:" + id)
alipay     app_id            ``"2021"`` + last 12 digits of the decimal of H("alipay:" + id)
alipay     public_id         ``"2088"`` + last 12 digits of the decimal of H("alipay-public:" + id)
alipay     private_key       the app's, the same for all: ``alipay_test_keys.yaml``, see ``sandbox.keys``
alipay     alipay_public_key the platform's, from the same file
========== ================= ================================================
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.keys import alipay_keys

DEFAULT_SEED = Path(__file__).with_name("seed.yaml")


def _hex(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _decimal(text: str, digits: int) -> str:
    return str(int(hashlib.sha256(text.encode()).hexdigest(), 16))[-digits:]


def wechat_credentials(outlet: str) -> dict[str, str]:
    """AppID and AppSecret of an outlet's 公众号."""
    return {"appid": "wx" + _hex(f"wechat:{outlet}", 16), "secret": _hex(f"wechat-secret:{outlet}", 32)}


def weibo_credentials(outlet: str) -> dict[str, str]:
    """uid (a decimal in a string) and access token of an outlet's Weibo account."""
    return {
        "uid": str(int(_hex(f"weibo:{outlet}", 10), 16)),
        "access_token": "2.00" + _hex(f"weibo-token:{outlet}", 28),
    }


def wordpress_credentials(outlet: str) -> dict[str, str]:
    """User name and application password, the password as WordPress shows it: six groups of four."""
    secret = _hex(f"wordpress:{outlet}", 24)
    return {"username": outlet, "password": " ".join(secret[i : i + 4] for i in range(0, 24, 4))}


def douyin_credentials(outlet: str) -> dict[str, str]:
    """The app an outlet speaks through, the user (open_id) who allowed it, and the tokens that user gave it."""
    user = _hex(f"douyin-open:{outlet}", 32)
    return {
        "client_key": "aw" + _hex(f"douyin:{outlet}", 14),
        "client_secret": _hex(f"douyin-secret:{outlet}", 32),
        "open_id": "-".join((user[:8], user[8:12], user[12:16], user[16:20], user[20:])),
        "access_token": "act." + _hex(f"douyin-token:{outlet}", 40),
        "refresh_token": "rft." + _hex(f"douyin-refresh:{outlet}", 40),
    }


def kuaishou_credentials(outlet: str) -> dict[str, str]:
    """The app an outlet speaks through, the user (open_id) who allowed it, and the tokens that user gave it."""
    return {
        "app_id": f"ks{int(_hex(f'kuaishou:{outlet}', 14), 16):018d}",
        "app_secret": _hex(f"kuaishou-secret:{outlet}", 22),
        "open_id": _hex(f"kuaishou-open:{outlet}", 32),
        "access_token": "ChFvYXV0aC5hY2Nlc3NUb2tlbh" + _hex(f"kuaishou-token:{outlet}", 64),
        "refresh_token": "ChJvYXV0aC5yZWZyZXNoVG9rZW" + _hex(f"kuaishou-refresh:{outlet}", 64),
    }


def bilibili_credentials(outlet: str) -> dict[str, str]:
    """Client id and secret of an outlet's Bilibili app, and the access token its account gave the app."""
    return {
        "client_id": _hex(f"bilibili:{outlet}", 16),
        "client_secret": _hex(f"bilibili-secret:{outlet}", 32),
        "access_token": _hex(f"bilibili-token:{outlet}", 32),
    }


def alipay_credentials(outlet: str) -> dict[str, str]:
    """App id and life account (生活号) of an outlet; keys are base64 of DER without header lines."""
    keys = alipay_keys()
    return {
        "app_id": "2021" + _decimal(f"alipay:{outlet}", 12),
        "public_id": "2088" + _decimal(f"alipay-public:{outlet}", 12),
        "private_key": keys.app_private_key,
        "alipay_public_key": keys.alipay_public_key,
    }


DERIVATIONS: Mapping[str, Callable[[str], dict[str, str]]] = {
    "wechat": wechat_credentials,
    "weibo": weibo_credentials,
    "wordpress": wordpress_credentials,
    "douyin": douyin_credentials,
    "kuaishou": kuaishou_credentials,
    "bilibili": bilibili_credentials,
    "alipay": alipay_credentials,
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Outlet(_Model):
    """One line under ``ids``."""

    id: str
    name: str = ""
    followers: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_id(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value


class Account(_Model):
    """One account on one platform; ``credentials`` holds the platform's own fields (appid, uid, username …)."""

    id: str
    name: str
    followers: int = Field(ge=0)
    credentials: Mapping[str, str]


class PlatformSeed(_Model):
    """A platform's part of the seed: its accounts by id, and its limits as the platform's module names them."""

    accounts: Mapping[str, Account] = Field(default_factory=dict)
    limits: Mapping[str, Any] = Field(default_factory=dict)


class Seed(_Model):
    """Everything a sandbox is seeded with."""

    audience: str = "rongmei-rehearsal"
    outlets: tuple[Outlet, ...] = ()
    platforms: Mapping[str, PlatformSeed] = Field(default_factory=dict)

    def platform(self, name: str) -> PlatformSeed:
        return self.platforms.get(name, PlatformSeed())


def load_seed(path: Path | None = None) -> Seed:
    """Read a seed file (the shipped one without a path). Raises ValueError where it makes no sense."""
    document = yaml.safe_load((path or DEFAULT_SEED).read_text(encoding="utf-8")) or {}
    if not isinstance(document, dict):
        raise ValueError("a seed file is a mapping")
    return build_seed(document)


def build_seed(document: Mapping[str, Any]) -> Seed:
    """A seed from the parsed YAML; see the module docstring for its shape."""
    rest = dict(document)
    derive = bool(rest.pop("derive", False))
    default_followers = int(rest.pop("default_followers", 20_000))
    audience = str(rest.pop("audience", "rongmei-rehearsal"))
    outlets = tuple(Outlet.model_validate(entry) for entry in rest.pop("ids", ()))
    names = sorted(set(DERIVATIONS) | set(rest))
    platforms = {}
    for name in names:
        section = rest.get(name) or {}
        if not isinstance(section, Mapping) or not set(section) <= {"accounts", "limits"}:
            raise ValueError(f"{name}: a platform has accounts and limits, nothing else")
        derived = _derived(name, outlets, default_followers) if derive else {}
        listed = _listed(name, section.get("accounts", ()), derived, default_followers)
        platforms[name] = PlatformSeed(accounts={**derived, **listed}, limits=section.get("limits") or {})
    return Seed(audience=audience, outlets=outlets, platforms=platforms)


def _derived(platform: str, outlets: tuple[Outlet, ...], default_followers: int) -> dict[str, Account]:
    derivation = DERIVATIONS.get(platform)
    if derivation is None:
        return {}
    return {
        outlet.id: Account(
            id=outlet.id,
            name=outlet.name or outlet.id,
            followers=default_followers if outlet.followers is None else outlet.followers,
            credentials=derivation(outlet.id),
        )
        for outlet in outlets
    }


def _listed(platform: str, entries: Any, derived: Mapping[str, Account], default_followers: int) -> dict[str, Account]:
    accounts: dict[str, Account] = {}
    for entry in entries or ():
        fields = dict(entry)
        account_id = str(fields.pop("id"))
        if account_id in accounts:
            raise ValueError(f"{platform} account {account_id} is listed twice")
        base = derived.get(account_id)
        derivation = DERIVATIONS.get(platform)
        fallback = base.credentials if base else (derivation(account_id) if derivation else {})
        accounts[account_id] = Account(
            id=account_id,
            name=str(fields.pop("name", base.name if base else account_id)),
            followers=int(fields.pop("followers", base.followers if base else default_followers)),
            credentials={**fallback, **{key: str(value) for key, value in fields.items()}},
        )
    return accounts
