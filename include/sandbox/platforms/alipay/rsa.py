"""RSA2: SHA256withRSA (PKCS#1 v1.5) over UTF-8 text, keys and signatures as base64 without header lines."""

from __future__ import annotations

import base64
import binascii
import functools

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key


def sign(private_key: str, text: str) -> str:
    return base64.b64encode(_key(private_key).sign(text.encode(), PKCS1v15(), SHA256())).decode()


def is_signed(private_key: str, text: str, signature: str) -> bool:
    """Whether the owner of this key signed the text. A sandbox knows the private keys, so no other list is needed."""
    try:
        _key(private_key).public_key().verify(
            base64.b64decode(signature, validate=True), text.encode(), PKCS1v15(), SHA256()
        )
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@functools.lru_cache(maxsize=128)
def _key(private_key: str) -> RSAPrivateKey:
    key = load_der_private_key(base64.b64decode(private_key), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("Alipay signs with RSA keys")
    return key
