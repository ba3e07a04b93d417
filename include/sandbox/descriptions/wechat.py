"""WeChat's calls."""

from __future__ import annotations

from sandbox.descriptions.terms import (
    ANY_FILE,
    ANYTHING,
    DATE,
    FILE,
    FILM,
    FLAG,
    PAGE,
    PICTURE,
    TEXT,
    WHOLE,
    Described,
    Description,
    Fields,
    many,
    one_of,
    shape,
    text,
    whole,
)

_LOGIN = {"grant_type": one_of("client_credential"), "appid": text("wx0123456789abcdef"), "secret": TEXT}
_TOKEN = shape({"access_token": TEXT, "expires_in": WHOLE})
_DONE = shape({"errcode": one_of(0), "errmsg": TEXT})
_ARTICLE = shape(
    {
        "article_type?": one_of("news", "newspic"),
        "title": text("村超今晚开赛", most=32),
        "author?": text(most=16),
        "digest?": text(most=128),
        "content": text("<p>街坊们准时到场。</p>"),
        "content_source_url?": TEXT,
        "thumb_media_id?": TEXT,
        "show_cover_pic?": one_of(0, 1),
        "need_open_comment?": one_of(0, 1),
        "only_fans_can_comment?": one_of(0, 1),
        "image_info?": shape({"image_list": many(shape({"image_media_id": TEXT}), most=20)}),
    }
)
_NEWS = shape({"news_item": many(ANYTHING), "create_time": WHOLE, "update_time": WHOLE})
_PAGE_OF = {"offset": whole(0), "count": whole(1, 20), "no_content?": one_of(0, 1)}
_ITEMS = shape({"item": many(ANYTHING), "total_count": WHOLE, "item_count": WHOLE})
_DAYS = shape({"begin_date": DATE, "end_date": DATE})
_FIGURES = shape({"list": many(ANYTHING), "is_delay?": FLAG})
_BY_ID = shape({"media_id": TEXT})
_MEDIA_TYPE: Fields = {"type": one_of("image", "thumb", "voice", "video")}
_DATACUBE = (
    "getarticletotaldetail",
    "getarticleread",
    "getarticleshare",
    "getbizsummary",
    "getarticlesummary",
    "getarticletotal",
    "getuserread",
    "getuserreadhour",
    "getusershare",
    "getusersharehour",
    "getusersummary",
    "getusercumulate",
)

DESCRIPTION = Description(
    platform="wechat",
    security={"token": {"type": "apiKey", "in": "query", "name": "access_token"}},
    refusal=shape({"errcode": WHOLE, "errmsg": TEXT}),
    calls=(
        Described(
            "GET", "/cgi-bin/token", "a token; the newest is the only valid one", _LOGIN, gives=_TOKEN, open=True
        ),
        Described(
            "POST",
            "/cgi-bin/stable_token",
            "a token that stays the same until it nears its end",
            json=shape({**_LOGIN, "force_refresh?": FLAG}),
            gives=_TOKEN,
            open=True,
        ),
        Described("POST", "/cgi-bin/clear_quota", "forget today's counts", json=shape({"appid": TEXT}), gives=_DONE),
        Described(
            "POST",
            "/cgi-bin/media/uploadimg",
            "a picture for article bodies",
            files={"media": FILE},
            gives=shape({"url": TEXT}),
        ),
        Described(
            "POST",
            "/cgi-bin/material/add_material",
            "a permanent picture, voice or film",
            query=_MEDIA_TYPE,
            form={"description?": text('{"title": "集锦", "introduction": "终场前的十分钟"}')},
            files={"media": FILE},
            gives=shape({"media_id": TEXT, "url?": TEXT}),
        ),
        Described(
            "POST",
            "/cgi-bin/material/get_material",
            "permanent material, a film as an address",
            json=_BY_ID,
            gives=ANY_FILE,
        ),
        Described(
            "POST",
            "/cgi-bin/media/upload",
            "material for three days",
            query=_MEDIA_TYPE,
            files={"media": FILE},
            gives=shape({"type": TEXT, "created_at": WHOLE}),
        ),
        Described(
            "GET", "/cgi-bin/media/get", "such material, a film as an address", {"media_id": TEXT}, gives=ANY_FILE
        ),
        *(
            Described("GET", f"/cgi-bin/{name}", "the platform's servers", gives=shape({"ip_list": many(TEXT)}))
            for name in ("getcallbackip", "get_api_domain_ip")
        ),
        Described(
            "POST",
            "/cgi-bin/material/batchget_material",
            "list permanent material",
            json=shape({**_MEDIA_TYPE, "offset": whole(0), "count": whole(1, 20)}),
            gives=_ITEMS,
        ),
        Described(
            "GET", "/cgi-bin/material/get_materialcount", "how much material", gives=shape({"image_count": WHOLE})
        ),
        Described(
            "POST",
            "/cgi-bin/draft/add",
            "put a message of 1–8 articles into the draft box",
            json=shape({"articles": many(_ARTICLE, least=1, most=8)}),
            gives=shape({"media_id": TEXT}),
        ),
        Described(
            "POST",
            "/cgi-bin/draft/update",
            "replace one article of a draft",
            json=shape({"media_id": TEXT, "index": whole(0, 7), "articles": _ARTICLE}),
            gives=_DONE,
        ),
        Described("POST", "/cgi-bin/draft/get", "read a draft", json=_BY_ID, gives=_NEWS),
        Described("POST", "/cgi-bin/draft/delete", "throw a draft away", json=_BY_ID, gives=_DONE),
        Described("GET", "/cgi-bin/draft/count", "how many drafts", gives=shape({"total_count": WHOLE})),
        Described("POST", "/cgi-bin/draft/batchget", "list drafts", json=shape(_PAGE_OF), gives=_ITEMS),
        Described(
            "POST",
            "/cgi-bin/freepublish/submit",
            "publish a draft after a review",
            json=_BY_ID,
            gives=shape({"publish_id": WHOLE, "msg_data_id": WHOLE}),
        ),
        Described(
            "POST",
            "/cgi-bin/freepublish/get",
            "how a submission stands",
            json=shape({"publish_id": WHOLE}),
            gives=shape({"publish_id": WHOLE, "publish_status": WHOLE}),
        ),
        Described("POST", "/cgi-bin/freepublish/batchget", "list messages", json=shape(_PAGE_OF), gives=_ITEMS),
        Described(
            "POST",
            "/cgi-bin/freepublish/getarticle",
            "read a published message",
            json=shape({"article_id": TEXT}),
            gives=_NEWS,
        ),
        Described(
            "POST",
            "/cgi-bin/freepublish/delete",
            "delete a published message, or one article of it",
            json=shape({"article_id": TEXT, "index?": whole(0, 8)}),
            gives=_DONE,
        ),
        Described("POST", "/cgi-bin/material/del_material", "delete material", json=_BY_ID, gives=_DONE),
        *(
            Described("POST", f"/datacube/{name}", "reading figures by Shanghai day", json=_DAYS, gives=_FIGURES)
            for name in _DATACUBE
        ),
        Described(
            "GET",
            "/s",
            "the article a reader's link opens",
            query={"__biz": TEXT, "mid": TEXT, "idx": TEXT, "sn": TEXT},
            gives=PAGE,
            open=True,
        ),
        Described("GET", "/mmbiz/{name}/{size}", "an uploaded picture", gives=PICTURE, open=True),
        Described("GET", "/film/{blob}", "an uploaded film", gives=FILM, open=True),
    ),
)
