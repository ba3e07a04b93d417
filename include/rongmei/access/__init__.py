"""Addresses and tokens that the house hands out: signed, expiring, some for one use, all of them revocable."""

from rongmei.access.giving import Links, links_of
from rongmei.access.keys import link_key
from rongmei.access.links import (
    PATHS,
    BadLink,
    SpentLink,
    address,
    find,
    issue,
    look,
    prolong,
    revoke,
    revoke_all,
    spend,
)
from rongmei.access.sealing import Sealer

__all__ = [
    "PATHS",
    "BadLink",
    "Links",
    "Sealer",
    "SpentLink",
    "address",
    "find",
    "issue",
    "link_key",
    "links_of",
    "look",
    "prolong",
    "revoke",
    "revoke_all",
    "spend",
]
