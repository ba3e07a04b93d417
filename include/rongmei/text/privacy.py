"""What tells who somebody is (identity numbers, telephones, homes, minors by name and school), and how it is masked.

《未成年人保护法》 and 《个人信息保护法》 §28, §31 ask for care with these. Finding is exact, for what editors wrote;
masking, for what the public sends in, rather takes a word too many than one too few.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from rongmei.text.words import vocabulary

# GB 11643-1999: area, birthday, serial number, check sign by ISO 7064 mod 11-2.
_ID: Final = re.compile(r"(?<!\d)[1-9]\d{16}[\dXx](?![\dA-Za-z])")
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_SIGNS: Final = "10X98765432"
_MOBILE: Final = re.compile(r"(?<![\d.])1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})(?!\d)")
_PUBLIC: Final = re.compile(
    r"热线|客服|值班|(?:举报|咨询|报名|服务|监督|投诉|预约|订票|救援|报警|办公|公开|商务|招聘)电话"
)
_PUBLIC_REACH: Final = 14
_DOOR: Final = r"[\dA-Za-z一二三四五六七八九十]{1,5}(?:号楼|栋|幢|座|单元|室|房|号(?!线|公路|院线))"
_ADDRESS: Final = re.compile(
    rf"(?:家住|住址(?:是|为|：|:)|家庭地址(?:是|为|：|:)?|住在|居住在|租住在|家在)[^，。；！？\n]{{2,30}}?{_DOOR}(?:{_DOOR})*"
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


class Minor(NamedTuple):
    """A minor whom a text lets be told: the name at `start:end`, and the age as it is written."""

    name: str
    start: int
    end: int
    age: str


# ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────


def identity_numbers(text: str) -> Iterator[re.Match[str]]:
    """Resident identity numbers; birthday and check sign are right, which other long numbers nearly never have."""
    return (found for found in _ID.finditer(text) if _is_identity(found.group()))


def _is_identity(number: str) -> bool:
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return _ID_SIGNS[total % 11] == number[17].upper()


def private_phones(text: str) -> Iterator[re.Match[str]]:
    """Mobile numbers that are not given as somebody's public line."""
    for found in _MOBILE.finditer(text):
        if not _PUBLIC.search(text, max(0, found.start() - _PUBLIC_REACH), found.start()):
            yield found


def home_addresses(text: str) -> Iterator[re.Match[str]]:
    """Homes down to the house or door."""
    return _ADDRESS.finditer(text)


def told_minors(text: str) -> Iterator[Minor]:
    """Minors who can be told: a full name, an age below 18 and a school or class, all in one text."""
    young = next((found for found in _AGE.finditer(text) if int(found[1]) < _ADULT), None)
    if not young or not _SCHOOL.search(text):
        return
    for found in _CHILD_NAMED.finditer(text):
        group = "name" if found["name"] else "name2"
        if not _NOT_A_NAME.search(found[group]) and not _ALIAS.match(text, found.end(group)):
            yield Minor(found[group], *found.span(group), young.group())


# ── masking ──────────────────────────────────────────────────────────────────────────────────────────────────────

_LOOSE_ID: Final = re.compile(r"(?<!\d)[1-9](?:[ .\-]?\d){16}[ .\-]?[\dXx](?![\dA-Za-z])")
_LOOSE_MOBILE: Final = re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[ .\-]?[3-9](?:[ .\-－—]?\d){9}(?!\d)")
_WORDED_NUMBER: Final = re.compile(r"[零〇一二三四五六七八九幺]{7,}")
_HANDLE: Final = re.compile(
    r"((?:微信|薇信|威信|[vV][xX]|[wW][xX]|[vV]信|[wW]e[cC]hat|[qQ]{2}|扣扣|抖音|快手|小红书)"
    r"(?:账号|帐号|号)?(?:是|为|加)?\s*[:：]?\s*)([A-Za-z0-9][\w.\-]{4,30})",
    re.ASCII,
)
_MAIL: Final = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,4}", re.ASCII)
# A number of seven digits or more, with signs between them: telephones, QQ numbers, cards.
_LONG_NUMBER: Final = re.compile(r"\d(?:[ .\-－—]?\d){6,}[Xx]?")
_ONE_DOOR: Final = (
    r"(?:(?<![\dA-Za-z])[\dA-Za-z一二三四五六七八九十]{1,5}(?:号楼|栋|幢|座|单元|室|房)"
    r"|(?<![\d月])[\d一二三四五六七八九十]{1,5}号(?!线|公路|院线|球|选手|队员|门将|台风))"
)
_DOORS: Final = re.compile(rf"{_ONE_DOOR}(?:[\s,，-]?{_ONE_DOOR})*")
_KINDS: Final = ("小学", "中学", "幼儿园", "初中", "高中", "职中", "附中", "附小", "学校")
_NO_PART_OF_SCHOOLS: Final = re.compile(
    "我|你|他|她|它|我们|你们|他们|她们|在|是|的|了|到|从|去|于|叫|读|念|自|来自|就读|上|和"
    "|与|跟|及|把|被|让|给|向|有|也|都|就|这|那|这个|那个|今天|昨天|明天|今年|去年|明年|上周"
    "|下周|上午|下午|晚上|现在|以前|后来|放学|考上|考进|考入|进入|来到|回到|离开|参观|代表|同学"
    "|同学们|老师|校长|学生|爸爸|妈妈|爷爷|奶奶|哥哥|姐姐|弟弟|妹妹|女儿|儿子|孩子|毕业|毕业于"
    "|就读于|位于|每天|全|本|该|所|一所|各|每|组织|因为|所以|但是|还有"
)
_SCHOOL_WORDS, _SCHOOL_CHARS = 6, 16
_CLASS: Final = re.compile(
    r"(?:[一二三四五六七八九1-9]年级|初[一二三]|高[一二三]|[一二三四五六七八九])?\s*[（(]\s*[\d一二三四五六七八九十]{1,3}\s*[)）]\s*班"
    r"|(?:[一二三四五六七八九1-9]年级|初[一二三]|高[一二三])\s*[\d一二三四五六七八九十]{1,3}\s*班"
    r"|(?<!\d)\d{1,3}班"
)
_CUE: Final = re.compile(r"(?:我叫|名叫|他叫|她叫|叫做|我是|名字叫|名字是|姓名|同桌|好友|朋友|队友|班长|同学)[：:是]?$")
_ALSO_WORDS: Final = frozenset("班于从常安应向解单时易关方习连包边和成万")
"""Surnames that begin so many other words that a guess is not enough."""
_AFTER_NAME: Final = ("同学", "小朋友")
_LEADS: Final = 6


def narrow(text: str) -> str:
    """Digits and Latin letters in their ordinary form: a number is no other one for being written １３８ or ①③⑧."""
    return "".join(map(_narrow, text)) if not text.isascii() else text


def _narrow(char: str) -> str:
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    return chr(ord(char) - 0xFEE0) if "Ａ" <= char <= "Ｚ" or "ａ" <= char <= "ｚ" else char


def mask(text: str) -> str:
    """The text as anybody may see it: identity numbers, private telephones, handles, mail addresses and doors masked.

    Public lines (咨询电话 …) stay. A minor who could be told by name, age and school loses name and school.
    """
    shown = _LOOSE_ID.sub(_starred, narrow(text))
    shown = _LOOSE_MOBILE.sub(_private_starred, shown)
    shown = _WORDED_NUMBER.sub("****", shown)
    shown = _HANDLE.sub(r"\1****", shown)
    shown = _MAIL.sub("****", shown)
    shown = _ADDRESS.sub(lambda found: _DOORS.sub("某号", found.group()), shown)
    told = {minor.name for minor in told_minors(shown)}
    return _without_schools(_renamed(shown, told)) if told else shown


def mask_minor(text: str, *own: str) -> str:
    """The text of a minor as anybody may see it: beside `mask`, every name, school, class, door and long number.

    Args:
        own: how the minor calls himself, wherever it stands.
    """
    shown = _LONG_NUMBER.sub(_long_starred, mask(text))
    shown = _DOORS.sub("某号", shown)
    names = {name for name in own if 2 <= len(name) <= 4 and _is_chinese(name)} | set(_likely_names(shown))
    return _without_schools(_renamed(shown, names))


def mask_place(place: str) -> str:
    """A place without the house and the door."""
    return _DOORS.sub("", mask(place)).strip(" ,，-")


def called(name: str) -> str:
    """How a minor of that name is called in public: 张小明 → 张同学; of any other word only its first character."""
    first = next((char for char in name if char.isalpha()), "")
    return f"{first}同学" if first else ""


def _starred(found: re.Match[str]) -> str:
    return found.group()[:3] + "*" * (len(found.group()) - 3)


def _private_starred(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - _PUBLIC_REACH) : found.start()]
    return found.group() if _PUBLIC.search(before) else _starred(found)


def _long_starred(found: re.Match[str]) -> str:
    return found.group() if _is_day(found.group()) else "****"


def _is_day(number: str) -> bool:
    """Whether it is a day, 20260606 or 2026-06-06."""
    digits = re.sub(r"\D", "", number)
    if len(digits) != 8 or not digits.startswith(("19", "20")):
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _without_schools(text: str) -> str:
    shown, end = [], 0
    for start, stop in _schools(text):
        shown += [text[end:start], "某校"]
        end = stop
    return _CLASS.sub("某班", "".join([*shown, text[end:]]))


def _schools(text: str) -> Iterator[tuple[int, int]]:
    """Where schools stand with their names: the word that says what it is, and the words before it that it is called.

    A word that only might belong to the name is taken along.
    """
    words: list[tuple[str, int]] = []
    at = 0
    for word in vocabulary().cut(text):
        at = text.find(word, at)
        if at < 0:
            return
        words.append((word, at))
        at += len(word)
    begun = 0
    for place, (word, start) in enumerate(words):
        if not word.endswith(_KINDS):
            continue
        first, stop = place, start + len(word)
        while first > begun and _is_named_by(words, first, place, stop):
            first -= 1
        if first < place or word not in _KINDS:
            yield words[first][1], stop
            begun = place + 1


def _is_named_by(words: list[tuple[str, int]], first: int, place: int, stop: int) -> bool:
    """Whether the word before `first` may belong to the name of the school that ends at `stop`."""
    before, start = words[first - 1]
    together = start + len(before) == words[first][1]
    short = place - first < _SCHOOL_WORDS and stop - start <= _SCHOOL_CHARS
    return together and short and _is_chinese(before) and not _NO_PART_OF_SCHOOLS.fullmatch(before)


def _renamed(text: str, names: set[str]) -> str:
    """Each name without its given name; the longer ones first, since one may begin another."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(f"{name}同学", f"{name[0]}同学").replace(name, f"{name[0]}某")
    return text


def _likely_names(text: str) -> Iterator[str]:
    """What looks like a person's name: a surname and one or two characters that are no word, or that stand as a name.

    Famous people are words of the dictionary, and stay; so does a common name that nothing marks as one.
    """
    known = vocabulary()
    words = known.cut(text)
    for place, word in enumerate(words):
        for name in _as_name(words, place, word):
            marked = _stands_as_name(words, place, 1 if name == word else 2)
            guessed = known.frequency(name) == 0 and name[0] not in _ALSO_WORDS
            if (marked or guessed) and not _NOT_A_NAME.search(name):
                yield name


def _as_name(words: tuple[str, ...], place: int, word: str) -> Iterator[str]:
    """A word as a name: as it stands, or a surname alone with what follows it (jieba cuts 张/小明)."""
    if not _is_chinese(word) or word[0] not in _SURNAMES:
        return
    if 2 <= len(word) <= 3:
        yield word
    elif len(word) == 1 and place + 1 < len(words):
        given = words[place + 1]
        if len(given) <= 2 and _is_chinese(given) and given not in _AFTER_NAME and _stands_as_name(words, place, 2):
            yield word + given


def _stands_as_name(words: tuple[str, ...], place: int, length: int) -> bool:
    """Whether what stands before or behind some words says that they are a name: 我叫…, …同学."""
    before = "".join(words[max(0, place - 3) : place])[-_LEADS:]
    behind = words[place + length] if place + length < len(words) else ""
    return bool(_CUE.search(before)) or behind in _AFTER_NAME


def _is_chinese(text: str) -> bool:
    return bool(text) and all("一" <= char <= "鿿" for char in text)
