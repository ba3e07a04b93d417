"""The RSA test keys of the Alipay stand-in, shipped beside this module so that no start has to make any."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("alipay_test_keys.yaml")


@dataclass(frozen=True, repr=False)
class AlipayKeys:
    """Base64 of DER without header lines: private keys PKCS#8, public keys X.509 (SubjectPublicKeyInfo)."""

    app_private_key: str
    alipay_private_key: str
    alipay_public_key: str


@functools.cache
def alipay_keys() -> AlipayKeys:
    """The shipped keys: one for all derived apps, one of the platform."""
    return AlipayKeys(**yaml.safe_load(_FILE.read_text(encoding="utf-8")))
