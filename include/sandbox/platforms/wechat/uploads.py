"""What WeChat takes as a picture, a cover, a voice or a film: the part ``media``, judged by its content."""

from __future__ import annotations

from sandbox.platforms.wechat.base import WeChatLimits, refuse
from sandbox.wire import Call, Upload, image_format

_MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp"}
_PICTURES = {"image": ("JPEG", "PNG", "GIF", "BMP"), "thumb": ("JPEG",)}
_TOO_LARGE = {"image": 40009, "voice": 40010, "video": 40011, "thumb": 40012}
PICTURES = tuple(_PICTURES)


def media_type(call: Call) -> str:
    """``image``, ``voice``, ``video`` or ``thumb``; 40004 for anything else."""
    kind = call.query.get("type") or call.form.get("type") or ""
    if kind not in _TOO_LARGE:
        raise refuse(40004)
    return kind


def taken(call: Call, kind: str) -> tuple[Upload, str]:
    """The file of a call and its MIME type."""
    limits = call.world.limits(WeChatLimits)
    most = {
        "image": limits.image_max_bytes,
        "voice": limits.voice_max_bytes,
        "video": limits.video_max_bytes,
        "thumb": limits.thumb_max_bytes,
    }[kind]
    upload = _part(call, most, _TOO_LARGE[kind])
    if kind in _PICTURES:
        return upload, _picture_mime(upload, _PICTURES[kind])
    mime = _voice_mime(upload.data) if kind == "voice" else "video/mp4" if upload.data[4:8] == b"ftyp" else None
    if mime is None:
        raise refuse(40005)
    return upload, mime


def body_picture(call: Call) -> tuple[Upload, str]:
    """A picture for the text of an article."""
    upload = _part(call, call.world.limits(WeChatLimits).uploadimg_max_bytes, 40009)
    return upload, _picture_mime(upload, ("JPEG", "PNG"))


def _part(call: Call, most: int, too_large: int) -> Upload:
    upload = call.files.get("media")
    if upload is None:
        raise refuse(41005)
    if not upload.data:
        raise refuse(44001)
    if len(upload.data) > most:
        raise refuse(too_large)
    return upload


def _picture_mime(upload: Upload, formats: tuple[str, ...]) -> str:
    actual = image_format(upload.data)
    if actual is None:
        raise refuse(40137)
    if actual not in formats:
        raise refuse(40005)
    return _MIME[actual]


def _voice_mime(data: bytes) -> str | None:
    """An AMR file begins with its name, an MP3 with a tag or with eleven set bits."""
    if data.startswith(b"#!AMR"):
        return "audio/amr"
    return "audio/mpeg" if data.startswith(b"ID3") or data[:2] >= b"\xff\xe0" else None
