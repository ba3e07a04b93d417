"""RSA2, Alipay's signature: SHA256 with RSA over sorted parameters going out, over the exact text coming in."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from rongmei.errors import CredentialRefused

_ARMOUR = re.compile(r"-----[A-Z ]+-----|\\n|\s")


def private_key(text: str) -> rsa.RSAPrivateKey:
    """The application's key from PEM, or from the bare Base64 of PKCS#8 or PKCS#1.

    Raises:
        CredentialRefused: it is no such key. The message tells nothing of it.
    """
    found = _private(text)
    if found is None:
        raise CredentialRefused("账号连接里的 private_key 不是可用的 RSA 私钥，请从支付宝开放平台的密钥工具重新复制")
    return found


def public_key(text: str) -> rsa.RSAPublicKey:
    """Alipay's key from PEM, or from the bare Base64 that the console shows.

    Raises:
        CredentialRefused: it is no such key.
    """
    found = _public(text)
    if found is None:
        raise CredentialRefused(
            "账号连接里的 alipay_public_key 不是可用的 RSA 公钥，请复制“支付宝公钥”（不是“应用公钥”）"
        )
    return found


def to_sign(parameters: Mapping[str, str]) -> str:
    """`k=v` joined by `&`, sorted by name, without `sign` and without empty values."""
    return "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if value != "" and name != "sign")


def sign(parameters: Mapping[str, str], key: rsa.RSAPrivateKey) -> str:
    """The parameter `sign`: Base64."""
    made = key.sign(to_sign(parameters).encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(made).decode()


def is_signed(text: str, signature: str, key: rsa.RSAPublicKey) -> bool:
    r"""Whether the signature is Alipay's over this text, character for character.

    Some gateways sign before they write `\/` for `/`; both stand for the same JSON, and the official SDK takes both.
    """
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(_verifies(candidate, given, key) for candidate in dict.fromkeys((text, text.replace(r"\/", "/"))))


def _verifies(text: str, signature: bytes, key: rsa.RSAPublicKey) -> bool:
    try:
        key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnicodeEncodeError):
        return False
    return True


def _der(text: str) -> bytes:
    """The key's bytes; fields of a connection may have lost their line breaks, or carry them as backslash and n."""
    try:
        return base64.b64decode(_ARMOUR.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        return b""


# A key takes a tenth of a second to check, and is the same for every call of an account.
@lru_cache(maxsize=128)
def _private(text: str) -> rsa.RSAPrivateKey | None:
    try:
        key = serialization.load_der_private_key(_der(text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPrivateKey) else None


@lru_cache(maxsize=128)
def _public(text: str) -> rsa.RSAPublicKey | None:
    try:
        key = serialization.load_der_public_key(_der(text))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey) else None
