"""What all Alipay interfaces share: limits, the codes of the gateway, and the answer with its signature."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from sandbox.clock import shanghai_day
from sandbox.keys import alipay_keys
from sandbox.platforms.alipay.rsa import sign
from sandbox.seed import Account
from sandbox.wire import Call, Refusal, Routes

NAME = "alipay"
SOURCE = "支付宝生活号"
GATEWAY = "/gateway.do"
routes = Routes()

# Code, and how the gateway words it.
OK, UNAVAILABLE, NO_TOKEN, MISSING, INVALID, FAILED = "10000", "20000", "20001", "40001", "40002", "40004"
MESSAGES = {
    OK: "Success",
    UNAVAILABLE: "Service Currently Unavailable",
    NO_TOKEN: "Insufficient Token Permissions",
    MISSING: "Missing Required Arguments",
    INVALID: "Invalid Arguments",
    "40003": "Insufficient Conditions",
    FAILED: "Business Failed",
    "40005": "Call Limited",
    "40006": "Insufficient Permissions",
}
# Detail code: the code it comes under, and what it means.
DETAILS = {
    "isp.unknow-error": (UNAVAILABLE, "系统繁忙"),
    "aop.unknow-error": (UNAVAILABLE, "系统繁忙"),
    "aop.invalid-app-auth-token": (NO_TOKEN, "无效的应用授权令牌"),
    "aop.app-auth-token-time-out": (NO_TOKEN, "应用授权令牌已过期"),
    "isv.missing-method": (MISSING, "缺少方法名参数"),
    "isv.missing-signature": (MISSING, "缺少签名参数"),
    "isv.missing-signature-type": (MISSING, "缺少签名类型参数"),
    "isv.missing-app-id": (MISSING, "缺少AppID参数"),
    "isv.missing-timestamp": (MISSING, "缺少时间戳参数"),
    "isv.missing-version": (MISSING, "缺少版本参数"),
    "isv.invalid-parameter": (INVALID, "参数无效"),
    "isv.invalid-method": (INVALID, "不存在的方法名"),
    "isv.invalid-format": (INVALID, "无效的数据格式"),
    "isv.invalid-charset": (INVALID, "字符集错误"),
    "isv.invalid-app-id": (INVALID, "无效的AppID参数"),
    "isv.invalid-timestamp": (INVALID, "非法的时间戳参数"),
    "isv.invalid-signature-type": (INVALID, "无效的签名类型"),
    "isv.invalid-signature": (INVALID, "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配"),
    "isv.upload-fail": (INVALID, "文件上传失败"),
    "isv.invalid-file-extension": (INVALID, "文件扩展名无效"),
    "isv.invalid-file-size": (INVALID, "文件大小无效"),
    "app-call-limited": ("40005", "应用调用次数超限，包含调用频率超限"),
    "isv.insufficient-isv-permissions": ("40006", "ISV权限不足，建议在开发者中心检查对应功能是否已经添加"),
    "INVALID_PARAMETER": (FAILED, "参数有误"),
    "CONTENT_NOT_EXIST": (FAILED, "图文内容不存在"),
    "CONTENT_ILLEGAL": (FAILED, "内容包含违规信息"),
    "MESSAGE_NOT_EXIST": (FAILED, "消息不存在"),
    "MESSAGE_DUPLICATE": (FAILED, "消息重复"),
    "PUB.MSG_BATCH_SD_OVER": (FAILED, "批量发送消息频率超限"),
}


class AlipayLimits(BaseModel):
    """What a seed may set under ``alipay.limits``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clock_skew_seconds: float = 600
    cover_size: tuple[int, int] = (996, 450)
    cover_max_bytes: int = 3 * 1024 * 1024
    life_cover_max_bytes: int = 1024 * 1024
    material_max_bytes: int = 5 * 1024 * 1024
    benefit_max: int = 10
    tags_max: int = 5
    previewers_max: int = 10
    articles_max: int = 10
    query_max: int = 20
    data_days_max: int = 30
    total_sends_per_day: int = 20
    forbidden_words: tuple[str, ...] = ()
    # How a message with the key of an earlier one is answered: with that one's id, or with a refusal.
    duplicates: Literal["same", "refuse"] = "same"
    send_polls: int = Field(default=1, ge=0)
    send_seconds: float = Field(default=3.0, ge=0)


def method_of(call: Call) -> str:
    """The interface a call is for, as it says itself."""
    return call.path.removeprefix(GATEWAY).strip("/")


def locate(call: Call) -> str:
    """``/gateway.do/<method>``: all interfaces share one address, and the method tells them apart."""
    method = call.value("method")
    return f"{GATEWAY}/{method[:128]}" if call.path.rstrip("/") == GATEWAY and method else call.path


def answer(call: Call, **fields: Any) -> Response:
    """The signed envelope of success."""
    return _envelope(_node(call), {"code": OK, "msg": MESSAGES[OK], **fields})


def error(call: Call, detail: str, message: str | None = None) -> Response:
    """The signed envelope of a refusal by a detail code; one that is not listed counts as a business failure."""
    code, meaning = DETAILS.get(detail, (FAILED, detail))
    return failure(call, code, detail, message or meaning)


def failure(call: Call, code: str, detail: str, message: str) -> Response:
    fields = {"code": code, "msg": MESSAGES.get(code, "Business Failed"), "sub_code": detail, "sub_msg": message}
    return _envelope(_node(call), fields)


def strange(detail: str) -> Response:
    """The refusal of a call that names no known interface or no app: under a general name and without a signature."""
    return _unsigned("error_response", detail)


def unknown_app(call: Call) -> Response:
    """The refusal of an app nobody registered: under the interface's name, unsigned, as people have captured it."""
    return _unsigned(_node(call), "isv.invalid-app-id")


def refuse(call: Call, detail: str, message: str | None = None) -> Refusal:
    return Refusal(error(call, detail, message))


def fresh_id(call: Call, account: Account, kind: str) -> str:
    """An id as contents and messages have it: the day, eight digits of the account's, a UUID; predictable."""
    number = call.world.store.count_up(f"alipay:{kind}")
    public_id = account.credentials["public_id"]
    drawn = hashlib.sha256(f"{public_id}:{kind}:{number}".encode()).digest()[:16]
    return f"{shanghai_day(call.now):%Y%m%d}{public_id[-8:]}{uuid.UUID(bytes=drawn)}"


def invalid(call: Call, name: str) -> Refusal:
    """The refusal of one parameter of an interface."""
    return refuse(call, "INVALID_PARAMETER", f"参数有误：{name}")


def _node(call: Call) -> str:
    return method_of(call).replace(".", "_") + "_response"


def _unsigned(node: str, detail: str) -> Response:
    code, meaning = DETAILS[detail]
    fields = {"code": code, "msg": MESSAGES[code], "sub_code": detail, "sub_msg": meaning}
    return _envelope(node, fields, signed=False)


def _envelope(node: str, fields: dict[str, Any], *, signed: bool = True) -> Response:
    # Slashes come escaped, as from the real gateway: who parses and writes the answer anew signs another text.
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
    body = f"{{{json.dumps(node)}:{text}"
    if signed:
        body += f',"sign":"{sign(alipay_keys().alipay_private_key, text)}"'
    return Response(body + "}", media_type="application/json;charset=utf-8")
