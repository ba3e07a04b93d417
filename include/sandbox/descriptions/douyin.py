"""Douyin's calls; most have an older address too."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.descriptions.terms import (
    ANYTHING,
    FILE,
    FILM,
    FLAG,
    NUMBER,
    PAGE,
    PICTURE,
    TEXT,
    WHOLE,
    Described,
    Description,
    Fields,
    Schema,
    many,
    one_of,
    shape,
    text,
    whole,
)

_V1 = "/api/douyin/v1/video"
_USER: Fields = {"open_id": TEXT}
_PAGING: Fields = {"cursor?": whole(0), "count": whole(1, 20)}
_VIDEO = {"video": shape({"video_id": TEXT, "width": WHOLE, "height": WHOLE})}
_POST: Fields = {
    "text?": text("村超今晚开赛 #村超", most=1000),
    "private_status?": one_of(0, 1, 2),
    "download_type?": one_of(1, 2),
    "at_users?": many(TEXT),
}
_FILM = shape({"video_id": TEXT, "custom_cover_image_url?": TEXT, "cover_tsp?": NUMBER, **_POST})
_PICTURES = shape({"image_list": many(TEXT, least=1, most=12), "music_id?": TEXT, **_POST})
_ITEMS = shape({"item_ids?": many(TEXT, most=100), "video_ids?": many(TEXT, most=100)})
_MADE = {"item_id": TEXT, "video_id": TEXT}
_LIST = {"list": many(ANYTHING)}


def _data(fields: Fields) -> Schema:
    return shape({"data": shape({"error_code": one_of(0), **fields}), "extra": ANYTHING})


def _both(method: str, old: str, new: str, says: str, **more: object) -> Iterator[Described]:
    """A call under its older and its newer address; either may be "" for none."""
    for path in (old, f"{_V1}/{new}" if new else ""):
        if path:
            yield Described(method, path, says, **more)  # type: ignore[arg-type]


def _uploading() -> Iterator[Described]:
    upload: Fields = {**_USER, "upload_id": TEXT}
    film: Fields = {"video": FILE}
    yield from _both(
        "POST", "/video/upload", "upload_video", "a film in one request", query=_USER, files=film, gives=_data(_VIDEO)
    )
    yield from _both(
        "POST",
        "/video/part/init",
        "init_video_part_upload",
        "begin a film in parts",
        query=_USER,
        gives=_data({"upload_id": TEXT}),
    )
    yield from _both(
        "POST",
        "/video/part/upload",
        "upload_video_part",
        "one part of a film",
        query={**upload, "part_number": whole(1, 10_000)},
        files=film,
        gives=_data({}),
    )
    yield from _both(
        "POST",
        "/video/part/complete",
        "complete_video_part_upload",
        "end a film in parts",
        query=upload,
        gives=_data(_VIDEO),
    )
    yield from _both(
        "POST",
        "/image/upload",
        "upload_image",
        "a picture",
        query=_USER,
        files={"image": FILE},
        gives=_data({"image": shape({"image_id": TEXT})}),
    )


def _publishing() -> Iterator[Described]:
    yield from _both(
        "POST", "/video/create", "create_video", "publish a film", query=_USER, json=_FILM, gives=_data(_MADE)
    )
    yield from _both(
        "POST",
        "/image/create",
        "create_image_text",
        "publish pictures",
        query=_USER,
        json=_PICTURES,
        gives=_data(_MADE),
    )
    yield Described(
        "POST", "/video/delete", "delete an item", query=_USER, json=shape({"item_id": TEXT}), gives=_data({})
    )


def _reading() -> Iterator[Described]:
    item: Fields = {**_USER, "item_id": TEXT}
    yield from _both(
        "GET", "/video/list", "video_list", "items, newest first", query={**_USER, **_PAGING}, gives=_data(_LIST)
    )
    yield from _both(
        "POST", "/video/data", "video_data", "items and figures", query=_USER, json=_ITEMS, gives=_data(_LIST)
    )
    yield from _both("POST", "", "video_basic_info", "items", query=_USER, json=_ITEMS, gives=_data(_LIST))
    path = "/data/external/item"
    yield Described("GET", f"{path}/base", "figures of 30 days", item, gives=_data({"result": ANYTHING}))
    for figure in ("like", "comment", "play", "share"):
        says = f"{figure}s by Shanghai day"
        query: Fields = {**item, "date_type": one_of(7, 15)}
        yield Described("GET", f"{path}/{figure}", says, query, gives=_data({"result_list": many(ANYTHING)}))
    yield Described("GET", "/item/comment/list", "readers' comments", {**item, **_PAGING}, gives=_data(_LIST))


def _granting() -> Iterator[Described]:
    """OAuth, whose parameters may stand in the query, a form or JSON, and what the app's own token opens."""
    app: Fields = {"client_key": text("aw0123456789abcd"), "client_secret": TEXT}
    grants: dict[str, tuple[str, Fields]] = {
        "access_token": (
            "tokens for a code; code-<account id> is an account's",
            {**app, "grant_type": one_of("authorization_code"), "code": text("code-dongcheng")},
        ),
        "refresh_token": (
            "a fresh access token",
            {"client_key": TEXT, "grant_type": one_of("refresh_token"), "refresh_token": TEXT},
        ),
        "renew_refresh_token": ("a fresh refresh token", {"client_key": TEXT, "refresh_token": TEXT}),
        "client_token": ("the app's own token", {**app, "grant_type": one_of("client_credential")}),
        "userinfo": ("who the user is", {"access_token": TEXT, "open_id": TEXT}),
    }
    done = shape({"data": shape({"error_code": one_of(0)}), "message": one_of("success")})
    for name, (says, fields) in grants.items():
        yield Described("GET", f"/oauth/{name}", says, fields, gives=done, open=True)
        yield Described("POST", f"/oauth/{name}", says, form=fields, gives=done, open=True)
    yield Described("GET", "/hotsearch/sentences", "the hot list", gives=_data(_LIST))
    trending = "/hotsearch/trending/sentences"
    yield Described("GET", trending, "the rising list", _PAGING, gives=_data({**_LIST, "has_more": FLAG}))


DESCRIPTION = Description(
    platform="douyin",
    security={"token": {"type": "apiKey", "in": "header", "name": "access-token"}},
    refusal=shape({"data": shape({"error_code": WHOLE, "description": TEXT})}),
    calls=(
        *_granting(),
        *_uploading(),
        *_publishing(),
        *_reading(),
        Described("GET", "/share/video/{video_id}", "the page a share_url opens", gives=PAGE, open=True),
        Described("GET", "/img/{sha256}", "an uploaded picture", gives=PICTURE, open=True),
        Described("GET", "/play/{film}", "an uploaded film", gives=FILM, open=True),
    ),
)
