"""Brings a story's video to Bilibili: in parts of 8 MB, going on after the last one that arrived."""

from __future__ import annotations

from urllib.parse import urlsplit

from rongmei.channels.base import Clip, Credential, Line, Progress
from rongmei.channels.clips import parts, reviewed
from rongmei.channels.platforms.bilibili.calls import STALE_UPLOAD, Calls, Reply, error, read, wanted
from rongmei.channels.values import number_or_none
from rongmei.errors import ChannelError, CredentialRefused, Refused, TryLater

PART_BYTES = 8 * 1024 * 1024
MAX_BYTES = 4 * 1024**3
"""Which is also 512 parts, the most there may be."""
OFFICIAL_HOST = "https://openupos.bilivideo.com"

_INIT = "/arcopen/fn/archive/video/init"
_PART = "/video/v2/part/upload"
_COMPLETE = "/arcopen/fn/archive/video/complete"
_HEADERS = {"Content-Type": "application/octet-stream", "Accept": "application/json"}


def upload_url(credential: Credential) -> str:
    """Where the parts go. Only the official platform has a default: a rehearsal's video must not end up there.

    Raises:
        CredentialRefused: a stand-in's connection does not name its upload host.
    """
    given = credential.fields.get("upload_url", "").strip()
    if given:
        return given
    host = urlsplit(credential.base_url).hostname or ""
    if not credential.sandbox and (host == "bilibili.com" or host.endswith(".bilibili.com")):
        return OFFICIAL_HOST
    raise CredentialRefused("账号连接的地址不是哔哩哔哩，又没有写 upload_url（上传地址），请在连接里补上")


def upload_video(calls: Calls, line: Line, clip: Clip, progress: Progress) -> None:
    """Init, parts, complete; token and number of finished parts are kept, so it is safe to run again.

    Raises:
        Refused: the file is not there, is not the one that was reviewed, or is too large.
        TryLater: it goes on, or starts anew with another token, the next time.
    """
    if progress.get("completed"):
        return
    film = reviewed(clip)
    if film.length > MAX_BYTES:
        raise Refused(f"视频“{clip.name}”有 {film.length / 1024**3:.1f} GB，哔哩哔哩最多 4 GB")
    host = line.client.beside(upload_url(line.credential))
    if not progress.get("upload_token"):
        body = {"name": f"{clip.sha256[:16]}.mp4", "utype": "0"}
        data = calls.ask(line, "POST", _INIT, "申请上传视频", body=body)
        progress.save(upload_token=wanted(data, "upload_token", line, "申请上传视频"), parts=0)
    token = str(progress.get("upload_token"))
    for client in (line.client, host):
        client.hide(token)
    done = number_or_none(progress.get("parts")) or 0
    for number, part in enumerate(parts(film, PART_BYTES), start=1):
        if number <= done:
            continue
        params = {"upload_token": token, "part_number": number}
        reply = read(line, host.call("POST", _PART, params=params, data=part, headers=_HEADERS))
        if reply.code != 0:
            raise _failed(line, f"上传视频第 {number} 段", reply, progress)
        progress.save(parts=number)
    reply = calls.send(line, "POST", _COMPLETE, params={"upload_token": token})
    if reply.code != 0:
        raise _failed(line, "合并视频", reply, progress)
    progress.save(completed=True)


def forget_upload(progress: Progress) -> None:
    """Start anew: the platform no longer knows the upload token."""
    progress.forget("upload_token", "parts", "completed")


def _failed(line: Line, what: str, reply: Reply, progress: Progress) -> ChannelError:
    if reply.code == STALE_UPLOAD:
        forget_upload(progress)
        return TryLater(f"{line.account} {what}：上传凭证已失效（{reply.code} {reply.said}），重新上传")
    return error(line, what, reply)
