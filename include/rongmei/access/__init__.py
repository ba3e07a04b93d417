"""Addresses and tokens that the house hands out: signed, expiring, some for one use, all of them revocable."""

from rongmei.access.keys import link_key
from rongmei.access.links import (
    PATHS,
    BadLink,
    SpentLink,
    address,
    issue,
    look,
    revoke,
    revoke_all,
    spend,
)
from rongmei.access.sealing import Sealer

__all__ = [
    "PATHS",
    "BadLink",
    "Sealer",
    "SpentLink",
    "address",
    "issue",
    "link_key",
    "look",
    "revoke",
    "revoke_all",
    "spend",
]
