"""Access tokens that a platform lets expire, renewed with the connection's refresh token.

The new ones live in this process's memory only: what was issued is never written down. Each process renews for itself,
and only after the platform has refused the token it had; where a platform lets only the newest token live, two
processes can so take it from each other, each time at the price of one more renewal.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from rongmei.channels.base import Line


@dataclass(frozen=True, repr=False)
class Tokens:
    """What a renewal gives; `refresh` is "" where the old refresh token stays good."""

    access: str
    refresh: str = ""


Fetch: TypeAlias = Callable[[Line, str], Tokens]
"""Asks the platform for new tokens, given a refresh token; raises TryLater, CredentialRefused."""

_Key: TypeAlias = tuple[str, str, str, str]


class Renewals:
    """The renewed tokens of this process, by account; a connection that was mended starts anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[_Key, Tokens] = {}
        self._turns: defaultdict[_Key, threading.Lock] = defaultdict(threading.Lock)

    def token(self, line: Line) -> str:
        """The access token to use now: the latest renewed one, else the connection's.

        Raises:
            CredentialRefused: the connection has none.
        """
        given = line.credential.require("access_token")
        with self._lock:
            known = self._known.get(_key(line))
        if known is None:
            return given
        line.client.hide(known.access)
        line.client.hide(known.refresh)
        return known.access

    def renew(self, line: Line, stale: str, fetch: Fetch) -> bool:
        """Get a token in place of `stale`, which the platform refused; False when the connection cannot renew.

        Raises:
            TryLater, CredentialRefused: from `fetch`.
        """
        key = _key(line)
        with self._lock:
            turn = self._turns[key]
        with turn:
            if self.token(line) != stale:
                return True  # Another thread has renewed it meanwhile.
            with self._lock:
                known = self._known.get(key)
            refresh = (known.refresh if known else "") or line.credential.fields.get("refresh_token", "")
            if not refresh:
                return False
            fresh = fetch(line, refresh)
            line.client.hide(fresh.access)
            line.client.hide(fresh.refresh)
            with self._lock:
                self._known[key] = Tokens(fresh.access, fresh.refresh or refresh)
            return True


def _key(line: Line) -> _Key:
    fields = line.credential.fields
    return line.client.base_url, line.account, fields.get("access_token", ""), fields.get("refresh_token", "")
