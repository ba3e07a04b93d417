"""Turns a pydantic ValidationError into Chinese faults, each at the place in the file that caused it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rongmei.config.fields import Fault, Faults, Path
from rongmei.config.models import Model


def explain(error: ValidationError, raw: object) -> list[Fault]:
    """Every error of a validation as a fault whose `at` is the full way through `raw`, the value validated.

    The last step of `at` may name a key that is missing from `raw`.
    """
    faults: list[Fault] = []
    for detail in error.errors(include_url=False):
        if _follows(detail):
            continue
        at = _place(detail["loc"], raw)
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, Faults):
            faults.extend(Fault(fault.message, fault.mend, (*at, *fault.at)) for fault in cause.faults)
        else:
            message, mend = _PHRASES.get(detail["type"], _otherwise)(detail)
            faults.append(Fault(message, mend, at))
    return faults


def _follows(detail: ErrorDetails) -> bool:
    """Whether a list is only short because an item of it was refused, which is told already."""
    value = detail["input"]
    return detail["type"] == "too_short" and isinstance(value, Sized) and len(value) >= detail["ctx"]["min_length"]


def dotted(at: Path) -> str:
    """A path as people write it: ("sources", 0, "urls", 1) → `sources[0].urls[1]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at)
    return text.removeprefix(".")


def _place(loc: Path, raw: object) -> Path:
    """pydantic's location without what is not in the file: the tag of a union member, the "[key]" of a dict."""
    at: list[str | int] = []
    here: object = raw
    tagged: object = None
    for position, step in enumerate(loc):
        last = position == len(loc) - 1
        # A hot board has a key "board" too: the tag is the first step into a source that repeats its kind.
        if isinstance(here, Mapping) and here.get("kind") == step and here is not tagged:
            tagged = here
            continue
        inside, below = _step(here, step)
        if inside:
            here = below
        elif not last or step == "[key]":
            continue
        at.append(step)
    return tuple(at)


def _step(here: object, step: str | int) -> tuple[bool, object]:
    """Whether a value has this key or position, and what is there."""
    if isinstance(here, Mapping) and step in here:
        return True, here[step]
    if isinstance(here, list | tuple) and isinstance(step, int) and step < len(here):
        return True, here[step]
    return False, None


def _shown(value: object) -> str:
    """A value from a file as a message quotes it: short, on one line."""
    if isinstance(value, Mapping):
        return "一组“键: 值”"
    if isinstance(value, list | tuple):
        return "一个列表"
    if not isinstance(value, str):
        return f" {str(value).lower()[:40]}"
    text = " ".join(value.split())
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


def _got(detail: ErrorDetails) -> str:
    value = detail["input"]
    return "却空着" if value is None else f"写的是{_shown(value)}"


def _known_keys() -> set[str]:
    models: list[type[BaseModel]] = [Model]
    for model in models:
        models.extend(model.__subclasses__())
    return {key for model in models for key in model.model_fields}


def _extra(detail: ErrorDetails) -> tuple[str, str]:
    key = str(detail["loc"][-1])
    close = get_close_matches(key, _known_keys(), n=1, cutoff=0.7)
    hint = f"是不是想写“{close[0]}”？" if close and close[0] != key else ""
    return f"这里没有“{key[:60]}”这一项", f"{hint}核对拼写和缩进，或删掉它"


def _missing(detail: ErrorDetails) -> tuple[str, str]:
    key = detail["loc"][-1]
    return f"缺少“{key}”", f"补上 {key} 一项，注意与同级的项对齐缩进"


def _whole_number(detail: ErrorDetails) -> tuple[str, str]:
    return f"应为整数，{_got(detail)}", "写一个不带引号、小数点和单位的整数"


def _number(detail: ErrorDetails) -> tuple[str, str]:
    return f"应为数字，{_got(detail)}", "写一个不带引号和单位的数字，例如 0.25"


def _yes_or_no(detail: ErrorDetails) -> tuple[str, str]:
    return f"应为是或否，{_got(detail)}", "写 true（是）或 false（否）"


def _words(detail: ErrorDetails) -> tuple[str, str]:
    mend = "在冒号后面补上文字" if detail["input"] is None else '写成文字；数字、true、false 要加引号，例如 "123"'
    return f"应为文字，{_got(detail)}", mend


def _several(detail: ErrorDetails) -> tuple[str, str]:
    return f"应为列表，{_got(detail)}", "写成 [甲, 乙]，或每项另起一行、以“- ”开头"


def _mapping(detail: ErrorDetails) -> tuple[str, str]:
    return f"应为一组“键: 值”，{_got(detail)}", "每项另起一行，比上一级多缩进两格；冒号用半角，后面空一格"


def _choice(detail: ErrorDetails) -> tuple[str, str]:
    allowed = str(detail["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").replace(", ", "、")
    return f"只能是 {allowed} 之一，{_got(detail)}", "改成其中一个"


def _source_kind(detail: ErrorDetails) -> tuple[str, str]:
    allowed = str(detail["ctx"]["expected_tags"]).replace("'", "").replace(", ", "、")
    return f"来源的 kind 只能是 {allowed} 之一，写的是{_shown(detail['ctx']['tag'])}", "改成其中一个"


def _no_source_kind(detail: ErrorDetails) -> tuple[str, str]:
    if isinstance(detail["input"], Mapping):
        return (
            "来源缺少 kind",
            "补上 kind: workbook（工作簿）、feed（订阅源）、board（热榜）、mailbox（邮箱）或 submissions（报题表）",
        )
    return _mapping(detail)


def _bound(what: str, mend: str, bound: str) -> Callable[[ErrorDetails], tuple[str, str]]:
    def phrase(detail: ErrorDetails) -> tuple[str, str]:
        limit = detail["ctx"][bound]
        return what.format(limit=limit, got=_got(detail)), mend.format(limit=limit)

    return phrase


def _too_short(detail: ErrorDetails) -> tuple[str, str]:
    if not str(detail["input"]).strip():
        return "不能为空", "至少写一个字"
    return f"至少要 {detail['ctx']['min_length']} 个字", "写长一点"


def _otherwise(detail: ErrorDetails) -> tuple[str, str]:
    return f"这个值不能用（{detail['type']}），{_got(detail)}", "对照说明文档里这一项的写法改正"


_PHRASES: dict[str, Callable[[ErrorDetails], tuple[str, str]]] = {
    "missing": _missing,
    "extra_forbidden": _extra,
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _whole_number),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _number),
    **dict.fromkeys(("bool_type", "bool_parsing"), _yes_or_no),
    **dict.fromkeys(("string_type", "string_unicode"), _words),
    **dict.fromkeys(("tuple_type", "list_type"), _several),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _mapping),
    **dict.fromkeys(("literal_error", "enum"), _choice),
    "union_tag_invalid": _source_kind,
    "union_tag_not_found": _no_source_kind,
    "greater_than_equal": _bound("不能小于 {limit:g}，{got}", "改成 {limit:g} 或更大的数", "ge"),
    "less_than_equal": _bound("不能大于 {limit:g}，{got}", "改成 {limit:g} 或更小的数", "le"),
    "too_short": _bound("至少要有 {limit} 项", "补足到 {limit} 项", "min_length"),
    "too_long": _bound("最多 {limit} 项", "减到 {limit} 项以内", "max_length"),
    "string_too_short": _too_short,
    "string_too_long": _bound("最多 {limit} 个字", "缩短到 {limit} 个字以内", "max_length"),
}
