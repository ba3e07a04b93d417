"""What all Bilibili interfaces share: limits, the answer's envelope, reading JSON and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox import pages
from sandbox.wire import Call, Refusal, Routes, parse_json

NAME = "bilibili"
SOURCE = "哔哩哔哩"
# Where uploads go; on the real platform a host of its own, openupos.bilivideo.com.
UPLOAD_PREFIX = "/openupos"
routes = Routes()

MESSAGES = {
    4000: "参数错误",
    4001: "配置无效",
    4002: "签名异常",
    4003: "请求过期",
    4004: "重复请求",
    4005: "签名method异常",
    4006: "签名版本异常",
    4007: "Content-Type不为application/json",
    4008: "MD5校验失败",
    4009: "Accept不为application/json",
    4010: "服务异常",
    4011: "内部错误",
    4012: "BizCode不支持该方法",
    122000: "client_id错误",
    122001: "client_secret 错误",
    122002: "code未找到",
    122007: "refreshToken不合法",
    122008: "app_id不匹配",
    123001: "账号无权限操作",
    123004: "不存在该稿件",
    123005: "稿件已经被删除",
    123006: "异常视频提交",
    123008: "参数错误",
    123009: "该分区不存在",
    123012: "Tag参数不合法",
    123013: "标题不合法",
    123014: "描述信息不合法",
    123015: "新增稿件同一个标题短时间内不能重复提交",
    123016: "稿件转载来源不能为空",
    123018: "稿件描述长度太长，已超过限制",
    123023: "投稿暂不可用",
    123024: "当前输入有敏感信息,请修正",
    123026: "您投稿的频率过快，请稍等30秒",
    123028: "稿件后台处理中,请10秒后再尝试",
    123029: "当前总提交视频个数已经超过上限",
    123030: "稿件标题过长,已经超过80个字符",
    123036: "非正式会员单日只能投递五个稿件",
    123038: "封面不允许使用gif",
    123040: "不存该视频",
    123052: "您投稿的内容不符合平台社区规范",
    127000: "缺少鉴权参数",
    127001: "access_token验证错误",
    127004: "client_id验证错误",
    127007: "应用无该接口权限",
    127009: "接口请求次数达到上限",
    127011: "该接口用户未授权",
    127022: "upload_token验证错误",
    127306: "接口请求频率过高，请确保请求量正常",
}


class BilibiliLimits(BaseModel):
    """What a seed may set under ``bilibili.limits``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clock_skew_seconds: float = 600
    token_seconds: int = 180 * 86_400
    upload_token_seconds: int = 86_400
    part_bytes: int = Field(default=8 * 1024 * 1024, ge=1)
    parts_max: int = 512
    single_max_bytes: int = 100 * 1024 * 1024
    video_max_bytes: int = 4 * 1024**3
    video_max_seconds: float = 5 * 3600
    cover_max_bytes: int = 5 * 1024 * 1024
    cover_min_size: tuple[int, int] = (960, 600)
    title_max: int = 80
    desc_max: int = 250
    tag_max: int = 200
    min_interval_seconds: float = 30
    same_title_seconds: float = 600
    adds_per_day: int = 100
    forbidden_words: tuple[str, ...] = ()
    review_polls: int = Field(default=1, ge=0)
    review_seconds: float = Field(default=60.0, ge=0)
    # Where events are posted; an account's own ``callback_url`` wins.
    callback_url: str = ""


def answer(data: Any = None) -> Response:
    """The envelope of success; ``data`` is left out where there is none."""
    return JSONResponse({"code": 0, "message": "0", "ttl": 1} | ({} if data is None else {"data": data}))


def error(code: int, message: str | None = None) -> Response:
    """The envelope of a refusal; HTTP says 200 all the same."""
    return JSONResponse({"code": code, "message": message or MESSAGES.get(code, "服务异常"), "ttl": 1})


def refuse(code: int, message: str | None = None) -> Refusal:
    return Refusal(error(code, message))


def unrouted(call: Call, methods: frozenset[str] | None) -> Response:
    if methods is not None:
        return PlainTextResponse("Method Not Allowed", 405)
    if call.path.startswith(("/arcopen", "/x", UPLOAD_PREFIX)):
        return PlainTextResponse("404 page not found", 404)
    return pages.render("missing.html", status=404, reason="没有找到这个页面", source=SOURCE)


def read_json(call: Call) -> dict[str, Any]:
    """The JSON body; 123008 where it is none."""
    try:
        document = parse_json(call.body)
    except ValueError as cause:
        raise refuse(123008) from cause
    if not isinstance(document, dict):
        raise refuse(123008)
    return document


def whole(given: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A whole number, also out of a query string; 123008 where it is none, or missing without a default."""
    value = given.get(name)
    if value in (None, "") and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise refuse(123008)
    try:
        return int(value)
    except ValueError as cause:
        raise refuse(123008) from cause
