"""Bilibili's calls."""

from __future__ import annotations

from sandbox.descriptions.terms import (
    ANYTHING,
    BYTES,
    FILE,
    FILM,
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

_UPLOAD: Fields = {"upload_token": TEXT}
_ONE: Fields = {"resource_id": TEXT}
_APP: Fields = {"client_id": TEXT, "client_secret": TEXT}
_WORDS: Fields = {
    "title": text("村超今晚开赛", most=80),
    "cover?": TEXT,
    "tid": one_of(203, 205, 249),
    "no_reprint?": one_of(0, 1),
    "desc?": text("街坊们准时到场。", most=250),
    "tag": text("村超,东莞", most=200),
    "copyright": one_of(1, 2),
    "source?": TEXT,
}
_PUBLIC = "what a viewer's link opens"


def _done(fields: Fields) -> Schema:
    return shape({"code": one_of(0), "data": shape(fields)})


_DONE = shape({"code": one_of(0)})
_TOKENS = _done({"access_token": TEXT, "refresh_token": TEXT, "expires_in": WHOLE})

DESCRIPTION = Description(
    platform="bilibili",
    security={
        "signature": {"type": "apiKey", "in": "header", "name": "Authorization"},
        "token": {"type": "apiKey", "in": "header", "name": "Access-Token"},
    },
    headers={
        "Accept": one_of("application/json"),
        "x-bili-accesskeyid": TEXT,
        "x-bili-content-md5": text(pattern="^[0-9a-f]{32}$"),
        "x-bili-signature-method": one_of("HMAC-SHA256"),
        "x-bili-signature-nonce": TEXT,
        "x-bili-signature-version": one_of("2.0"),
        "x-bili-timestamp": whole(0),
    },
    refusal=shape({"code": WHOLE, "message": TEXT}),
    calls=(
        Described(
            "POST",
            "/x/account-oauth2/v1/token",
            "tokens for a code; code-<account id> is an account's",
            {**_APP, "grant_type": one_of("authorization_code"), "code": text("code-dongcheng")},
            gives=_TOKENS,
            open=True,
        ),
        Described(
            "POST",
            "/x/account-oauth2/v1/refresh_token",
            "fresh tokens; the refresh token is used up",
            {**_APP, "grant_type": one_of("refresh_token"), "refresh_token": TEXT},
            gives=_TOKENS,
            open=True,
        ),
        Described(
            "POST",
            "/arcopen/fn/archive/video/init",
            "begin an upload",
            json=shape({"name": text("final.mp4"), "utype?": one_of("0", "1")}),
            gives=_done(_UPLOAD),
        ),
        Described(
            "POST",
            "/openupos/video/v2/part/upload",
            "a part of a film",
            {**_UPLOAD, "part_number": whole(1, 512)},
            raw=BYTES,
            gives=_DONE,
            open=True,
        ),
        Described("POST", "/openupos/video/v2/upload", "a film at once", _UPLOAD, raw=BYTES, gives=_DONE, open=True),
        Described("POST", "/arcopen/fn/archive/video/complete", "end an upload in parts", _UPLOAD, gives=_DONE),
        Described(
            "POST",
            "/arcopen/fn/archive/cover/upload",
            "a cover",
            files={"file": FILE},
            gives=_done({"url": TEXT}),
        ),
        Described(
            "POST",
            "/arcopen/fn/archive/add-by-utoken",
            "submit an uploaded film",
            _UPLOAD,
            json=shape(_WORDS),
            gives=_done(_ONE),
        ),
        Described(
            "POST",
            "/arcopen/fn/archive/edit",
            "change what is said of an archive",
            json=shape({**_ONE, **{f"{name.rstrip('?')}?": schema for name, schema in _WORDS.items()}}),
            gives=_done(_ONE),
        ),
        Described("POST", "/arcopen/fn/archive/delete", "delete an archive", json=shape(_ONE), gives=_DONE),
        Described("GET", "/arcopen/fn/archive/view", "one archive", _ONE, gives=_done({"title": TEXT})),
        Described(
            "GET",
            "/arcopen/fn/archive/viewlist",
            "archives, newest first",
            {"ps?": whole(1, 50), "pn?": whole(1), "status?": one_of("all", "is_pubing", "pubed", "not_pubed")},
            gives=_done({"list": many(ANYTHING), "page": ANYTHING}),
        ),
        Described(
            "GET",
            "/arcopen/fn/archive/type/list",
            "the regions",
            gives=shape({"code": one_of(0), "data": many(ANYTHING)}),
        ),
        Described("GET", "/arcopen/fn/user/account/info", "who the user is", gives=_done({"openid": TEXT})),
        Described("GET", "/arcopen/fn/data/user/stat", "the user's figures", gives=_done({"follower": WHOLE})),
        Described("GET", "/arcopen/fn/data/arc/stat", "an archive's figures", _ONE, gives=_done({"view": WHOLE})),
        Described("GET", "/bfs/archive/{name}", "an uploaded cover", gives=PICTURE, open=True),
        Described("GET", "/video/{bvid}", _PUBLIC, gives=PAGE, open=True),
        Described("GET", "/player.html", "what an embedding page shows", {"bvid": TEXT}, gives=PAGE, open=True),
        Described("GET", "/video/{bvid}/play", "the film itself", gives=FILM, open=True),
    ),
)
