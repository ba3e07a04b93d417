"""Kuaishou's calls; those of the upload gateway answer at the sandbox's root too."""

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

_APP: Fields = {"app_id": TEXT}
_SECRET: Fields = {**_APP, "app_secret": TEXT}
_UPLOAD: Fields = {"upload_token": TEXT}
_PHOTO: Fields = {**_APP, "photo_id": TEXT}


def _done(fields: Fields) -> Schema:
    return shape({"result": one_of(1), **fields})


_TOKENS = _done({"access_token": TEXT, "refresh_token": TEXT, "open_id": TEXT, "expires_in": WHOLE})

DESCRIPTION = Description(
    platform="kuaishou",
    security={"token": {"type": "apiKey", "in": "query", "name": "access_token"}},
    refusal=shape({"result": WHOLE, "error": TEXT, "error_msg": TEXT}),
    calls=(
        Described(
            "GET",
            "/oauth2/access_token",
            "tokens for a code; code-<account id> is an account's",
            {**_SECRET, "grant_type": one_of("authorization_code"), "code": text("code-dongcheng")},
            gives=_TOKENS,
            open=True,
        ),
        Described(
            "GET",
            "/oauth2/refresh_token",
            "fresh tokens",
            {**_SECRET, "grant_type": one_of("refresh_token"), "refresh_token": TEXT},
            gives=_TOKENS,
            open=True,
        ),
        Described("GET", "/openapi/user_info", "who the user is", _APP, gives=_done({"user_info": ANYTHING})),
        Described(
            "POST",
            "/openapi/photo/start_upload",
            "begin an upload",
            _APP,
            gives=_done({"upload_token": TEXT, "endpoint": TEXT}),
        ),
        Described("POST", "/api/upload", "a film in one request", _UPLOAD, raw=BYTES, gives=_done({}), open=True),
        Described(
            "POST",
            "/api/upload/multipart",
            "a film in one multipart request",
            _UPLOAD,
            files={"file": FILE},
            gives=_done({}),
            open=True,
        ),
        Described(
            "POST",
            "/api/upload/fragment",
            "a piece of a film",
            {**_UPLOAD, "fragment_id": whole(0)},
            raw=BYTES,
            gives=_done({"checksum": TEXT, "size": WHOLE}),
            open=True,
        ),
        Described(
            "GET",
            "/api/upload/resume",
            "how far an upload has come",
            _UPLOAD,
            gives=_done({"fragment_index": WHOLE, "fragment_list": many(WHOLE)}),
            open=True,
        ),
        Described(
            "POST",
            "/api/upload/complete",
            "end an upload in pieces",
            {**_UPLOAD, "fragment_count": whole(1)},
            gives=_done({}),
            open=True,
        ),
        Described(
            "POST",
            "/openapi/photo/publish",
            "publish an uploaded film",
            {**_APP, **_UPLOAD, "stereo_type?": one_of("NOT_SPHERICAL_VIDEO", "SPHERICAL_VIDEO_360")},
            form={"caption": text("村超今晚开赛", most=1000)},
            files={"cover": FILE},
            gives=_done({"video_info": ANYTHING}),
        ),
        Described("GET", "/openapi/photo/info", "one film", _PHOTO, gives=_done({"video_info": ANYTHING})),
        Described(
            "GET",
            "/openapi/photo/list",
            "films, newest first",
            {**_APP, "cursor?": TEXT, "count?": whole(1, 200)},
            gives=_done({"video_list": many(ANYTHING)}),
        ),
        Described("GET", "/openapi/photo/count", "how many films", _APP, gives=_done({"public_count": WHOLE})),
        Described("POST", "/openapi/photo/delete", "delete a film", _PHOTO, gives=_done({})),
        Described("GET", "/short-video/{photo}", "the page a reader's link opens", gives=PAGE, open=True),
        Described("GET", "/cover/{sha256}", "a film's cover", gives=PICTURE, open=True),
        Described("GET", "/play/{photo}", "the film a play_url opens", gives=FILM, open=True),
    ),
)
