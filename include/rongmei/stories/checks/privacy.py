"""隐私: identity numbers, private telephone numbers and addresses, and minors who can be told by what is printed.

《未成年人保护法》 and 《个人信息保护法》 §28 ask for care with these; no finding repeats the number that it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from rongmei.stories.checks.finding import Finding, Passage, grouped

# GB 11643-1999: area, birthday, serial number, check sign by ISO 7064 mod 11-2.
_ID: Final = re.compile(r"(?<!\d)[1-9]\d{16}[\dXx](?![\dA-Za-z])")
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_SIGNS: Final = "10X98765432"
_MOBILE: Final = re.compile(r"(?<![\d.])1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})(?!\d)")
_PUBLIC: Final = re.compile(
    r"热线|客服|值班|(?:举报|咨询|报名|服务|监督|投诉|预约|订票|救援|报警|办公|公开|商务|招聘)电话"
)
_PUBLIC_REACH: Final = 14
# What may be the end of another number that is to be masked.
_LONG_NUMBER: Final = re.compile(r"\d{3,}[\dXx]?")
_ADDRESS: Final = re.compile(
    r"(?:家住|住址(?:是|为|：|:)|家庭地址(?:是|为|：|:)?|住在|居住在|租住在|家在)[^，。；！？\n]{2,30}?"
    r"[\dA-Za-z一二三四五六七八九十]{1,5}(?:号楼|栋|幢|座|单元|室|房|号(?!线|公路|院线))"
)

_SURNAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗方俞任袁柳史唐费薛雷贺倪汤"
    "滕殷罗毕郝邬安常于傅卞齐康伍余元顾孟黄和穆萧尹姚邵汪祁毛狄米贝臧戴谈宋庞熊纪舒屈项祝董梁杜阮蓝闵席季麻贾路江童颜郭梅盛林钟"
    "徐邱骆高夏蔡田樊胡凌霍虞万柯卢莫房缪解应宗丁宣邓单洪包左石崔吉龚程嵇邢裴陆荣翁荀惠曲封储靳段焦侯班秋仲宫宁仇甘武刘景詹束龙"
    "叶司黎薄印白蒲邰从鄂索赖卓蔺屠蒙池乔翟谭姬申冉桑桂牛边尚温庄晏柴阎连茹习艾鱼容向古易廖耿寇聂曾肖关游涂欧利麦冼植招岑袁简"
)
_NAME: Final = rf"(?P<name>[{_SURNAMES}][一-鿿]{{1,2}}?)"
_CHILD: Final = (
    "学生|小学生|初中生|中学生|高中生|男孩|女孩|男生|女生|少年|儿童|男童|女童|孩子|小朋友|少女|球员|选手|队员|学员|小将|儿子|女儿|"
    "孙子|孙女"
)
_CHILD_NAMED: Final = re.compile(
    rf"(?:{_CHILD}|岁的){_NAME}(?=[，,、（(\s]|(?:今年|是|在|说|从|和|同学|就读|来自|获|表示|告诉)|$)"
    rf"|(?<![一-鿿]){_NAME.replace('name', 'name2')}"
    rf"(?=同学|小朋友|[，,（(]\s*(?:男|女|今年|现年|\d{{1,2}}岁)|今年\d{{1,2}}岁)"
)
_AGE: Final = re.compile(r"(?<![\d.—\-至~到])(\d{1,2})周?岁(?!以上|以下|以内|至|到|-|—|组|级)")
_ADULT: Final = 18
_SCHOOL: Final = re.compile(
    r"[一-鿿]{2,}?(?:小学|中学|幼儿园|初中|高中|职中|实验学校|外国语学校|学校)|[一二三四五六七八九]年级|初[一二三]|高[一二三](?=[^等])"
    r"|(?<!\d)\d{1,3}班|[（(]\d{1,2}[)）]班"
)
_NOT_A_NAME: Final = re.compile(
    r"某|们|同学|老师|家长|小学|中学|年级|学校|高中|初中|高考|中考|安全|和谐|路上|连续|应该|向上|万人|石头|于是|从小|常常|关于|万名|马上|方面|单独|左右|白天|连忙"
)
_ALIAS: Final = re.compile(r"\s*[（(]\s*(?:均?为?化名|均为化名)")


def check_privacy(parts: Sequence[Passage]) -> Iterator[Finding]:
    """What should be masked before it is printed, with how."""
    yield from grouped(hit for part in parts for hit in _numbers(part))
    yield from grouped(hit for part in parts for hit in _minors(part))


def _numbers(part: Passage) -> Iterator[tuple[str, Finding]]:
    for found in _ID.finditer(part.text):
        if _is_identity(found.group()):
            yield found.group(), _remark(part, found, "id_number", "身份证号", "删掉，或只留前 4 位，其余写成 *")
    for found in _MOBILE.finditer(part.text):
        if not _PUBLIC.search(part.text, max(0, found.start() - _PUBLIC_REACH), found.start()):
            mend = "个人号码请写成 138****0000 这样；对外公布的服务号码可以保留"
            yield found.group(), _remark(part, found, "phone_number", "手机号", mend)
    for found in _ADDRESS.finditer(part.text):
        where = part.text[max(0, found.start() - 6) : found.start() + 6]
        message = f"{part.where}“…{where}…”：写明了家庭住址到门牌，请只写到镇街或小区"
        yield found.group(), Finding("home_address", message, group="privacy")


def _remark(part: Passage, found: re.Match[str], code: str, what: str, mend: str) -> Finding:
    before = _LONG_NUMBER.sub("****", part.text[max(0, found.start() - 8) : found.start()])
    shown = f"{before}{found.group()[:3]}{'*' * (len(found.group()) - 3)}"
    return Finding(code, f"{part.where}“…{shown}…”：有{what}，{mend}", group="privacy")


def _is_identity(number: str) -> bool:
    """Whether birthday and check sign are right; an order number of 18 digits nearly never has both."""
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return _ID_SIGNS[total % 11] == number[17].upper()


def _minors(part: Passage) -> Iterator[tuple[str, Finding]]:
    """A full name, an age below 18 and a school or class, all in one paragraph."""
    young = next((found for found in _AGE.finditer(part.text) if int(found[1]) < _ADULT), None)
    school = _SCHOOL.search(part.text) if young else None
    if not young or not school:
        return
    for found in _CHILD_NAMED.finditer(part.text):
        name = found["name"] or found["name2"]
        end = found.end("name") if found["name"] else found.end("name2")
        if _NOT_A_NAME.search(name) or _ALIAS.match(part.text, end):
            continue
        message = (
            f"{part.around(end - len(name), end)}：未成年人的姓名、年龄（{young.group()}）和学校或班级同时出现，"
            f"除非监护人同意，写成“{name[0]}某”或化名，学校写成“某校”"
        )
        yield name, Finding("minor", message, group="privacy")
