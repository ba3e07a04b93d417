"""Brings a story's film to the upload host that Kuaishou names; what has arrived is kept, so a crash costs little.

`start_upload` answers with an upload token and an endpoint, a second host that is spoken to over plain http (protocol
notes, section 5). That answer is from outside, so the endpoint is held against what an address may look like, and an
internal address is refused: nobody may make this house call its own machines. (The name is looked up here and once
more when the connection is made; a name server that answers differently in between is not covered.) Only the upload
token goes there, never the access token.

The life of an upload token is not documented; `TOKEN_LASTS` is a guess on the short side, and a token that is refused
is made anew.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from rongmei.channels.base import Clip, Line, Progress
from rongmei.channels.client import Client
from rongmei.channels.clips import parts, reviewed
from rongmei.channels.originals import Lean
from rongmei.channels.platforms.kuaishou.calls import BUSY, EXPIRED, OK, Api, RefusedByCode, code_of, object_of, told_by
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import CredentialRefused, Refused, TryLater

MIB = 1024 * 1024
WHOLE_BYTES = 10 * MIB
FRAGMENT_BYTES = 8 * MIB
"""The platform's SDK sends 10 MiB; a little less is below every bound that is stated somewhere."""
TOKEN_LASTS = timedelta(hours=12)

_ENDPOINT = re.compile(
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}))(?::(?P<port>[0-9]{1,5}))?(?:/[A-Za-z0-9._~-]+)*/?"
)
_UPLOAD = ("upload_token", "uploaded_at", "fragments")

Resolve: TypeAlias = Callable[[str], Sequence[str]]
"""The IP addresses of a host name; raises OSError where it has none."""


class UploadExpired(TryLater):
    """The upload host says that what it was given has expired: no fault of the film, it goes up under another token."""


@dataclass(frozen=True)
class Sizes:
    """From how many bytes on a film goes up in fragments, and how long these are."""

    whole_bytes: int = WHOLE_BYTES
    fragment_bytes: int = FRAGMENT_BYTES


def addresses_of(host: str) -> list[str]:
    """The IP addresses of a host name, from the system's resolver."""
    return sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})


def forget_upload(progress: Progress) -> None:
    """What was uploaded is no longer there, or used up."""
    progress.forget(*_UPLOAD)


def upload_is_old(line: Line, progress: Progress) -> bool:
    """Whether the film was uploaded so long ago that Kuaishou may have thrown it away."""
    return _is_past(line, progress.get("uploaded_at"))


class Uploader:
    """Uploads over an `Api`, to hosts whose addresses `resolve` tells."""

    def __init__(self, api: Api, sizes: Sizes, resolve: Resolve = addresses_of) -> None:
        self._api = api
        self._sizes = sizes
        self._resolve = resolve

    def upload(self, line: Line, clip: Clip, progress: Progress) -> None:
        """The film under an upload token, kept in `progress` as `upload_token` once it is complete.

        Raises:
            Refused: the file is not the one that was reviewed, or Kuaishou does not take it.
        """
        if progress.get("upload_token"):
            return
        film = reviewed(clip)
        if film.length < self._sizes.whole_bytes:
            token, endpoint = self._start(line)
            host = self._host(line, endpoint, token)
            _send(line, host, "/api/upload", "上传视频", token, data=film)
        else:
            token = self._in_fragments(line, clip, parts(film, self._sizes.fragment_bytes), progress)
        progress.save(upload_token=token, uploaded_at=line.clock().isoformat())
        progress.forget("fragments")

    def _start(self, line: Line) -> tuple[str, str]:
        """A new upload token and the endpoint that takes it."""
        line.take("upload")
        what = "开始上传"
        said = self._api.ask(line, "/openapi/photo/start_upload", what, method="POST")
        token, endpoint = text_of(said.get("upload_token")), text_of(said.get("endpoint"))
        if not token or not endpoint:
            raise TryLater(f"{line.account} {what}：平台的回答里没有 upload_token 或 endpoint")
        return token, endpoint

    def _host(self, line: Line, endpoint: str, token: str) -> Client:
        """A client for the upload host.

        Raises:
            Refused: the endpoint is no address, or one that nobody outside may name.
            TryLater: its name cannot be looked up.
        """
        line.client.hide(token)
        shape = _ENDPOINT.fullmatch(endpoint)
        if shape is None or ".." in endpoint or int(shape["port"] or 80) > 65_535:
            raise Refused(
                f"{line.account} 上传视频：平台给出的上传地址不像地址（{line.client.clean(endpoint)}），请联系技术人员"
            )
        host = shape["host"].lower()
        if host != (urlsplit(line.client.base_url).hostname or "").lower():
            self._check_outside(line, host)
        return line.client.beside(f"{_scheme(line)}://{endpoint}")

    def _check_outside(self, line: Line, host: str) -> None:
        found = self._look_up(host)
        if not found:
            raise TryLater(f"{line.account} 上传视频：查不到上传地址 {line.client.clean(host)}")
        if not all(_is_outside(address) for address in found):
            told = f"{line.account} 上传视频：平台给出的上传地址在内网（{line.client.clean(host)}）"
            raise Refused(f"{told}，不能用，请联系技术人员")

    def _look_up(self, host: str) -> Sequence[str]:
        try:
            return self._resolve(host)
        except (OSError, UnicodeError):
            return ()

    def _in_fragments(self, line: Line, clip: Clip, pieces: Sequence[Lean], progress: Progress) -> str:
        """The token of the completed upload; goes on after what the platform says has arrived."""
        cut = f"{clip.sha256}:{len(pieces)}×{pieces[0].length}"
        state = _kept_state(line, progress, cut)
        going_on = state is not None
        if state is None:
            token, endpoint = self._start(line)
            state = {"token": token, "endpoint": endpoint, "begun_at": line.clock().isoformat(), "cut": cut, "done": 0}
            progress.save(fragments=state)
        token = str(state["token"])
        host = self._host(line, str(state["endpoint"]), token)
        try:
            arrived = _arrived(line, host, token, pieces, int(state["done"])) if going_on else frozenset()
            for number, piece in enumerate(pieces):
                if number not in arrived:
                    query = {"fragment_id": number}
                    _send(line, host, "/api/upload/fragment", "上传视频分片", token, params=query, data=piece)
                    progress.save(fragments={**state, "done": number + 1})
            query = {"fragment_count": len(pieces)}
            _send(line, host, "/api/upload/complete", "合并视频", token, params=query)
        except UploadExpired:
            progress.forget("fragments")
            raise
        except RefusedByCode as refusal:
            if not going_on:
                raise
            said = str(refusal)
        else:
            return token
        # An upload that Kuaishou has forgotten; a refusal of a new one would be for the film itself.
        progress.forget("fragments")
        raise TryLater(f"{said}，从头上传视频")


def _scheme(line: Line) -> str:
    scheme = line.credential.fields.get("upload_scheme") or "http"
    if scheme not in ("http", "https"):
        raise CredentialRefused(f"{line.account}：账号连接里的 upload_scheme 只能是 http 或 https")
    return scheme


def _is_outside(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(parsed, "ipv4_mapped", None) or parsed
    return bool(inner.is_global) and not inner.is_multicast


def _kept_state(line: Line, progress: Progress, cut: str) -> dict[str, Any] | None:
    """What an earlier run left of this upload; None where that is nothing, or too old, or was cut otherwise."""
    state = progress.get("fragments")
    if not isinstance(state, dict) or state.get("cut") != cut or number_or_none(state.get("done")) is None:
        return None
    if not text_of(state.get("token")) or not text_of(state.get("endpoint")) or _is_past(line, state.get("begun_at")):
        return None
    return state


def _is_past(line: Line, since: Any) -> bool:
    try:
        moment = datetime.fromisoformat(text_of(since))
    except ValueError:
        return False
    return moment.tzinfo is None or line.clock() - moment > TOKEN_LASTS


def _arrived(line: Line, host: Client, token: str, pieces: Sequence[Lean], done: int) -> frozenset[int]:
    """Which fragments the host has: its list, else its last number, else what we know ourselves.

    `existed` is not believed: it is said to mean that the whole film is there, and completing once more tells as well.
    """
    said = _send(line, host, "/api/upload/resume", "查询上传进度", token, method="GET")
    listed, last = said.get("fragment_list"), number_or_none(said.get("fragment_index"))
    if isinstance(listed, list):
        return frozenset(number for entry in listed if (number := _whole(entry, pieces)) is not None)
    return frozenset(range(len(pieces))[: last + 1 if last is not None else done])


def _whole(entry: Any, pieces: Sequence[Lean]) -> int | None:
    """The number of a fragment that arrived in full; the platform's entries are objects, a stand-in's are numbers."""
    number = number_or_none(entry.get("id") if isinstance(entry, dict) else entry)
    if number is None or not 0 <= number < len(pieces):
        return None
    size = number_or_none(entry.get("size")) if isinstance(entry, dict) else None
    return number if size in (None, pieces[number].length) else None


def _send(line: Line, host: Client, path: str, what: str, token: str, **request: Any) -> dict[str, Any]:
    """A call to the upload host, whose codes are about the upload and never about the account."""
    method = request.pop("method", "POST")
    query = {"upload_token": token, **request.pop("params", {})}
    answer = host.call(method, path, params=query, **request)
    code = code_of(answer)
    if code == OK:
        return object_of(answer)
    message = f"{line.account} {what}：平台拒绝（{told_by(line, answer)}）"
    if code is None or code in BUSY:
        raise TryLater(message)
    if code == EXPIRED:
        raise UploadExpired(f"{message}，从头上传视频")
    raise RefusedByCode(message, code)
