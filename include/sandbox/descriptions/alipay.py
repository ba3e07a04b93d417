"""Alipay's calls: all are ``/gateway.do``, by POST or GET, told apart by ``method``.

OpenAPI cannot tell calls of one address apart, so each is described at an address of its own below it, where this
gateway answers it too.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.descriptions.terms import (
    ANYTHING,
    FILE,
    PAGE,
    PICTURE,
    TEXT,
    Described,
    Description,
    Fields,
    Schema,
    many,
    one_of,
    shape,
    text,
)

_GATEWAY = "/gateway.do"
_COMMON: Fields = {
    "app_id": text("2021000000000000"),
    "charset": one_of("utf-8"),
    "format?": one_of("JSON"),
    "sign_type": one_of("RSA2"),
    "sign": TEXT,
    "timestamp": text("2026-06-05 18:00:00", pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"),
    "version": one_of("1.0"),
}
_DAY = text("20260605", pattern=r"^\d{8}$")
_DAYS = shape({"begin_date": _DAY, "end_date": _DAY})
_CONTENT: Fields = {
    "title": text("村超今晚开赛"),
    "content": text("<p>街坊们准时到场。</p>"),
    "cover": TEXT,
    "ctype?": one_of("activity"),
    "benefit?": text(most=10),
    "could_comment?": one_of("T", "F"),
    "ext_tags?": TEXT,
    "login_ids?": TEXT,
}
_ARTICLE = shape({"title?": TEXT, "desc": text("七点半"), "image_url?": TEXT, "url": text("https://example.com/1")})
_MESSAGE = shape({"message_id": TEXT})

_INTERFACES: dict[str, tuple[str, Schema]] = {
    "alipay.open.public.message.content.create": ("lay down a content", shape(_CONTENT)),
    "alipay.open.public.message.content.modify": ("change a content", shape({"content_id": TEXT, **_CONTENT})),
    "alipay.open.public.message.total.send": (
        "a message to all followers",
        shape(
            {
                "msg_type": one_of("text", "image-text"),
                "text?": shape({"title?": TEXT, "content": text("开赛")}),
                "articles?": many(_ARTICLE, most=10),
            }
        ),
    ),
    "alipay.open.public.content.publish": (
        "publish a content, once for each article_id",
        shape(
            {
                "article_id": TEXT,
                "source": text("rongmei"),
                "title": text("村超今晚开赛"),
                "desc?": TEXT,
                "content": text("<p>街坊们准时到场。</p>"),
                "action_url?": text("https://example.com/1"),
                "cover_img?": TEXT,
            }
        ),
    ),
    "alipay.open.public.message.query": ("how messages stand", shape({"message_ids": many(TEXT, least=1, most=20)})),
    "alipay.open.public.life.msg.recall": ("recall a message", _MESSAGE),
    "alipay.open.public.content.cancel": ("take a published content back", _MESSAGE),
    "alipay.open.public.user.data.batchquery": ("followers by day", _DAYS),
    "alipay.open.public.articlesummary.data.batchquery": ("all articles together by day", _DAYS),
    "alipay.open.public.singlearticle.data.batchquery": ("each article's figures", _DAYS),
}
_UPLOAD, _LIFE = "alipay.offline.material.image.upload", "alipay.open.public.life.msg.send"
_METHODS = (*_INTERFACES, _UPLOAD, _LIFE)


def _said(method: str) -> Schema:
    """The envelope of an interface, signed but for an unknown app; refusals come in the same one."""
    return shape({f"{method.replace('.', '_')}_response": shape({"code": TEXT, "msg": TEXT}), "sign?": TEXT})


def _calls() -> Iterator[Described]:
    named: Fields = {**_COMMON, "method": one_of(*_METHODS), "biz_content?": TEXT}
    yield Described("POST", _GATEWAY, "any interface, named by method; the real address", form=named)
    for method, (says, fields) in _INTERFACES.items():
        form: Fields = {**_COMMON, "biz_content": fields}
        yield Described("POST", f"{_GATEWAY}/{method}", says, form=form, gives=_said(method))
        yield Described("GET", f"{_GATEWAY}/{method}", says, form, gives=_said(method))
    picture: Fields = {"image_type": one_of("jpg", "png", "gif", "bmp"), "image_name": text("封面")}
    yield Described(
        "POST",
        f"{_GATEWAY}/{_UPLOAD}",
        "a picture for covers and messages",
        form={**_COMMON, **picture},
        files={"image_content": FILE},
        gives=_said(_UPLOAD),
    )
    life: Fields = {"category": TEXT, "msg_type": TEXT, "title": TEXT, "content": TEXT}
    yield Described(
        "POST",
        f"{_GATEWAY}/{_LIFE}",
        "a life message, once for each unique_msg_id",
        form={**_COMMON, **life, "desc?": TEXT, "unique_msg_id?": TEXT},
        files={"cover?": FILE},
        gives=_said(_LIFE),
    )
    for method in (_UPLOAD, _LIFE):
        yield Described("GET", f"{_GATEWAY}/{method}", "refused: there is no file", _COMMON, gives=_said(method))
    yield Described("GET", "/content/{content_id}", "the page a reader's link opens", gives=PAGE, open=True)
    yield Described("GET", "/message/{post_id}", "the page of a message", gives=PAGE, open=True)
    yield Described("GET", "/material/{image_id}", "an uploaded picture", gives=PICTURE, open=True)


DESCRIPTION = Description(
    platform="alipay",
    security={},
    refusal=shape({"error_response": ANYTHING}),
    calls=tuple(_calls()),
)
