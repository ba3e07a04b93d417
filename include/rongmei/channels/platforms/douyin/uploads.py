"""Brings a story's film and pictures to Douyin; what has arrived is kept, so that a crash costs one part at most.

Sizes and the life of an `upload_id` (2 h): protocol notes, section 4.2. How long Douyin keeps a film that was uploaded
and not yet posted is not documented; `FILM_KEPT` is a guess on the short side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rongmei.channels.base import Clip, Line, Picture, Progress
from rongmei.channels.bodies import Form
from rongmei.channels.clips import parts, reviewed
from rongmei.channels.originals import Lean
from rongmei.channels.pictures import fit
from rongmei.channels.platforms.douyin.calls import VIDEO, Api, RefusedByCode
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import TryLater

MIB = 1024 * 1024
WHOLE_BYTES = 50 * MIB
PART_BYTES = 20 * MIB
LEAST_PART_BYTES = 5 * MIB
PICTURE_BYTES = 20 * MIB
"""Douyin takes 100 MB; a photograph of more than this is only slower."""
UPLOAD_ID_LASTS = timedelta(hours=2) - timedelta(minutes=5)
FILM_KEPT = timedelta(hours=24)

_ENDINGS = {"video/mp4": "mp4", "video/webm": "webm"}
_FILM = ("video_id", "video_at", "parts")
_PICTURES = ("images", "cover_id")


@dataclass(frozen=True)
class Sizes:
    """From how many bytes on a film goes up in parts, and how long these are; Douyin's least part is 5 MB."""

    whole_bytes: int = WHOLE_BYTES
    part_bytes: int = PART_BYTES
    least_part_bytes: int = LEAST_PART_BYTES


def forget_uploads(progress: Progress) -> None:
    """What was uploaded is no longer there, or used up."""
    progress.forget(*_FILM, *_PICTURES)


def upload_film(api: Api, line: Line, clip: Clip, progress: Progress, sizes: Sizes) -> None:
    """The film's `video_id`, kept in `progress`.

    Raises:
        Refused: the file is not the one that was reviewed, or Douyin does not take it.
    """
    if progress.get("video_id"):
        return
    film = reviewed(clip)
    if film.length < sizes.whole_bytes:
        line.take("upload")
        data = api.ask(line, f"{VIDEO}/upload_video/", "上传视频", data=_form(film, clip))
    else:
        data = _in_parts(api, line, clip, parts(film, sizes.part_bytes, sizes.least_part_bytes), progress)
    video_id = _id_of(data, "video", "video_id", line, "上传视频")
    progress.save(video_id=video_id, video_at=line.clock().isoformat())
    progress.forget("parts")


def film_is_old(line: Line, progress: Progress) -> bool:
    """Whether the film was uploaded so long ago that Douyin may have thrown it away."""
    at = _moment(progress.get("video_at"))
    return at is not None and line.clock() - at > FILM_KEPT


def upload_pictures(api: Api, line: Line, pictures: Sequence[Picture], progress: Progress) -> None:
    """The pictures' `image_id`s by SHA-256, kept in `progress` as `images`."""
    images: dict[str, str] = dict(progress.get("images") or {})
    for picture in pictures:
        if picture.sha256 not in images:
            images[picture.sha256] = _upload_picture(api, line, picture)
            progress.save(images=images)


def upload_cover(api: Api, line: Line, picture: Picture, progress: Progress) -> None:
    """The film's cover, its `image_id` kept in `progress` as `cover_id`."""
    if not progress.get("cover_id"):
        progress.save(cover_id=_upload_picture(api, line, picture))


def _upload_picture(api: Api, line: Line, picture: Picture) -> str:
    upload = fit(picture, max_bytes=PICTURE_BYTES)
    line.take("upload")
    files = {"image": (upload.filename, upload.data, upload.mime)}
    data = api.ask(line, f"{VIDEO}/upload_image/", "上传图片", files=files)
    return _id_of(data, "image", "image_id", line, "上传图片")


def _in_parts(api: Api, line: Line, clip: Clip, pieces: Sequence[Lean], progress: Progress) -> dict[str, Any]:
    """The answer to the completed upload; goes on after the last part that is known to have arrived."""
    cut = f"{clip.sha256}:{len(pieces)}×{pieces[0].length}"
    state = _kept_state(line, progress, cut, len(pieces))
    going_on = state is not None
    if state is None:
        state = _begin(api, line, cut)
        progress.save(parts=state)
    upload_id, done = str(state["upload_id"]), int(state["done"])
    try:
        for number, piece in enumerate(pieces[done:], start=done + 1):
            query = {"upload_id": upload_id, "part_number": number}
            api.ask(line, f"{VIDEO}/upload_video_part/", "上传视频分片", params=query, data=_form(piece, clip))
            progress.save(parts={**state, "done": number})
        return api.ask(line, f"{VIDEO}/complete_video_part_upload/", "合并视频", params={"upload_id": upload_id})
    except RefusedByCode as refusal:
        if not going_on:
            raise
        said = str(refusal)
    # An upload that Douyin has forgotten or completed already; a refusal of a new one would be for the film itself.
    progress.forget("parts")
    raise TryLater(f"{said}，从头上传视频")


def _kept_state(line: Line, progress: Progress, cut: str, count: int) -> dict[str, Any] | None:
    """What an earlier run left of this upload; None where that is nothing, or too old, or was cut otherwise."""
    state = progress.get("parts")
    if not isinstance(state, dict) or not text_of(state.get("upload_id")) or state.get("cut") != cut:
        return None
    begun, done = _moment(state.get("begun_at")), number_or_none(state.get("done"))
    if begun is None or line.clock() - begun > UPLOAD_ID_LASTS or done is None or not 0 <= done <= count:
        return None
    return state


def _begin(api: Api, line: Line, cut: str) -> dict[str, Any]:
    line.take("upload")
    begun_at = line.clock().isoformat()
    what = "开始分片上传"
    data = api.ask(line, f"{VIDEO}/init_video_part_upload/", what)
    upload_id = text_of(data.get("upload_id"))
    if not upload_id:
        raise TryLater(f"{line.account} {what}：平台的回答里没有 upload_id")
    return {"upload_id": upload_id, "begun_at": begun_at, "cut": cut, "done": 0}


def _form(content: Lean, clip: Clip) -> Form:
    return Form("video", f"{clip.sha256[:16]}.{_ENDINGS.get(clip.mime, 'mp4')}", content)


def _id_of(data: dict[str, Any], kind: str, name: str, line: Line, what: str) -> str:
    made = data.get(kind)
    found = text_of(made.get(name)) if isinstance(made, dict) else ""
    if not found:
        raise TryLater(f"{line.account} {what}：平台的回答里没有 {name}")
    return found


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text_of(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
