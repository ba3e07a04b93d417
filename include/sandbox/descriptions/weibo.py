"""Weibo's calls."""

from __future__ import annotations

from sandbox.descriptions.terms import (
    ANYTHING,
    FILE,
    PAGE,
    PICTURE,
    TEXT,
    WHOLE,
    Described,
    Description,
    many,
    one_of,
    shape,
    text,
    whole,
)

_STATUS = shape({"id": WHOLE, "idstr": TEXT, "text": TEXT, "created_at": TEXT})
_PAGING = {"count?": whole(1, 200), "page?": whole(1)}
_ONE = {"id": text("5100000004294967")}
_USER = {"uid?": TEXT, "screen_name?": TEXT}

DESCRIPTION = Description(
    platform="weibo",
    security={"token": {"type": "apiKey", "in": "query", "name": "access_token"}},
    refusal=shape({"request": TEXT, "error_code": WHOLE, "error": TEXT}),
    refuses_with_200=False,
    calls=(
        Described(
            "POST",
            "/oauth2/access_token",
            "a token for a code; code-<account id> is an account's",
            form={
                "client_id": TEXT,
                "client_secret": TEXT,
                "grant_type": one_of("authorization_code"),
                "code": text("code-dongcheng"),
                "redirect_uri?": TEXT,
            },
            gives=shape({"access_token": TEXT, "expires_in": WHOLE, "uid": TEXT}),
            open=True,
        ),
        Described("POST", "/oauth2/get_token_info", "what is known of a token", gives=shape({"uid": WHOLE})),
        Described(
            "POST",
            "/2/statuses/share.json",
            "publish a status; it has to link to a safe domain",
            form={"status": text("村超今晚开赛 http://localhost/1"), "rip": text("127.0.0.1")},
            files={"pic?": FILE},
            gives=_STATUS,
        ),
        Described("POST", "/2/statuses/destroy.json", "delete a status", form=_ONE, gives=_STATUS),
        Described("GET", "/2/statuses/show.json", "one status", _ONE, gives=_STATUS),
        Described(
            "GET", "/2/statuses/count.json", "figures of up to 100 statuses", {"ids": TEXT}, gives=many(ANYTHING)
        ),
        Described(
            "GET",
            "/2/statuses/user_timeline.json",
            "a user's statuses, newest first",
            {**_USER, **_PAGING, "since_id?": whole(0), "max_id?": whole(0)},
            gives=shape({"statuses": many(_STATUS), "total_number": WHOLE}),
        ),
        Described(
            "GET",
            "/2/comments/show.json",
            "a status's comments, newest first",
            {**_ONE, **_PAGING},
            gives=shape({"comments": many(ANYTHING), "total_number": WHOLE}),
        ),
        Described(
            "GET",
            "/2/statuses/querymid.json",
            "its short name",
            {**_ONE, "type?": one_of(1)},
            gives=shape({"mid": TEXT}),
        ),
        Described("GET", "/2/account/get_uid.json", "whose token this is", gives=shape({"uid": TEXT})),
        Described("GET", "/2/users/show.json", "a user", _USER, gives=shape({"id": WHOLE, "followers_count": WHOLE})),
        Described("GET", "/pic/{sha256}", "an uploaded picture", gives=PICTURE, open=True),
        Described("GET", "/u/{uid}/{status}", "the page a reader's link opens", gives=PAGE, open=True),
    ),
)
