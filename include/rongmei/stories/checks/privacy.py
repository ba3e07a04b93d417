"""隐私: identity numbers, private telephone numbers and addresses, and minors who can be told by what is printed.

《未成年人保护法》 and 《个人信息保护法》 §28 ask for care with these; no finding repeats the number that it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rongmei.stories.checks.finding import Finding, Passage, grouped
from rongmei.text.privacy import home_addresses, identity_numbers, private_phones, told_minors

# What may be the end of another number that is to be masked.
_LONG_NUMBER: Final = re.compile(r"\d{3,}[\dXx]?")


def check_privacy(parts: Sequence[Passage]) -> Iterator[Finding]:
    """What should be masked before it is printed, with how."""
    yield from grouped(hit for part in parts for hit in _numbers(part))
    yield from grouped(hit for part in parts for hit in _minors(part))


def _numbers(part: Passage) -> Iterator[tuple[str, Finding]]:
    for found in identity_numbers(part.text):
        yield found.group(), _remark(part, found, "id_number", "身份证号", "删掉，或只留前 4 位，其余写成 *")
    for found in private_phones(part.text):
        mend = "个人号码请写成 138****0000 这样；对外公布的服务号码可以保留"
        yield found.group(), _remark(part, found, "phone_number", "手机号", mend)
    for found in home_addresses(part.text):
        where = part.text[max(0, found.start() - 6) : found.start() + 6]
        message = f"{part.where}“…{where}…”：写明了家庭住址到门牌，请只写到镇街或小区"
        yield found.group(), Finding("home_address", message, group="privacy")


def _remark(part: Passage, found: re.Match[str], code: str, what: str, mend: str) -> Finding:
    before = _LONG_NUMBER.sub("****", part.text[max(0, found.start() - 8) : found.start()])
    shown = f"{before}{found.group()[:3]}{'*' * (len(found.group()) - 3)}"
    return Finding(code, f"{part.where}“…{shown}…”：有{what}，{mend}", group="privacy")


def _minors(part: Passage) -> Iterator[tuple[str, Finding]]:
    """A full name, an age below 18 and a school or class, all in one paragraph."""
    for minor in told_minors(part.text):
        message = (
            f"{part.around(minor.start, minor.end)}：未成年人的姓名、年龄（{minor.age}）和学校或班级同时出现，"
            f"除非监护人同意，写成“{minor.name[0]}某”或化名，学校写成“某校”"
        )
        yield minor.name, Finding("minor", message, group="privacy")
