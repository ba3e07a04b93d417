"""Watch for a campaign's topic in titles: find its words as words, not as characters that happen to be neighbours.

村超 (the village football league) stands in 乡村超市, 极光村超40小时 and 一村超千人 without being meant. An occurrence
of a watched term counts unless one of these says otherwise, in this order:

1. **Latin edges.** A term that begins or ends in a Latin letter or digit needs a non-Latin neighbour (村BA, not 村BAT).
2. **Exclusions.** It lies inside, or touches, an occurrence of one of the campaign's exclusions (乡村超模).
3. **Crossing words.** A dictionary word crosses one of its edges (乡村, 超市, 超过), and the cheapest segmentation
   that uses such a word costs less than the one that uses the term. Cost is the sum of negative log frequencies
   over jieba's dictionary, in which the term counts as a known name (`OWN_WORD_FREQUENCY`). So 村超市集开张 is
   村超＋市集 and a match, 村超市开张 is 村＋超市 and none. A crossing on the left gains `LEFT_MARGIN` (乡村, 全村,
   城中村 are one thing); a crossing only on the right loses `RIGHT_MARGIN` when the term opens its clause or follows
   a watched place, for "村 exceeds …" wants a village named before it.
   Where the dictionary knows the term itself, a crossing loses `KNOWN_MARGIN`: 台风格美 is a typhoon with a name
   that no dictionary has, not a 风格; 上台风采 is neither.
4. **"Exceeds" and "very".** A term of place noun + 超 (村超, 县超) is read as noun + verb or adverb when a quantity
   follows (超40小时, 超千人) and nothing before it marks a name - a clause edge, a watched place, a province, an
   administrative suffix, a conjunction - or when a quantity or a praising adjective follows (超美) and what stands
   before makes a noun phrase with the place noun (一村, 该村, 这个村, 朱家村).

A term that passes and is on the campaign's list of ambiguous ones (打工人, 长安镇) counts only with a place of the
campaign beside it; `places` says when a place is meant.

The rule is local: at most `_REACH` characters each side inside the same clause. The dictionary is loaded only when a
term is found at all, so most boards never pay for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rongmei.text.normalise import clean_text
from rongmei.text.places import Places, homes_among
from rongmei.text.spans import costs_after, costs_before, known_words
from rongmei.text.words import vocabulary

LEFT_MARGIN = 1.5
RIGHT_MARGIN = 2.0
KNOWN_MARGIN = 4.0
MAX_CHARS = 5_000
_REACH = 14

# Words of today's headlines that jieba's dictionary does not have and that compete with 超出, 超越, 超级 …
_HEADLINE_WORDS = frozenset(("出圈", "出海", "越来越", "越办越", "越踢越", "越战越", "过年", "市集", "级别"))
_PLACE_NOUNS = frozenset("村县镇乡区市州省城")
_QUANTITY = re.compile(r"约?(?:[0-9]|[零〇一二两三四五六七八九十百千万亿半数几][^起同样直])")
_PRAISE = re.compile(
    r"[美帅好甜大多火难贵酷强猛燃爱爽香嗨赞棒牛暖萌快慢高低长短热冷穷富绝有会想能]|喜欢|开心|治愈|惊艳|幸福|感动"
)
_DETERMINERS = frozenset("一某该全本每这那此两几多个们各邻隔半整")
_VILLAGE_STEMS = frozenset("家庄寨屯里头口坪坝湾溪沟坡岭塘山古渔老中小")
_JOINERS = frozenset("的在看和与及跟到去从为让把对向赴聊谈话")
_ADMINISTRATIVE = frozenset("省州市县区")
# Names before a term that are no villages; they also tell two stories apart.
PROVINCES = (
    "北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽",
    "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西",
    "甘肃", "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门", "全国", "中国",
)  # fmt: skip


@dataclass(frozen=True)
class Hit:
    """One occurrence of a watched term: `text[start:start + len(term)]` of the `Match` it belongs to."""

    term: str
    start: int


@dataclass(frozen=True)
class Match:
    """Why a text is on the topic.

    Attributes:
        text: the cleaned text to which the positions refer.
        hits: the accepted occurrences by position; at least one.
        places: watched places named in the text, in the order of the campaign's list.
    """

    text: str
    hits: tuple[Hit, ...]
    places: tuple[str, ...]

    @property
    def term(self) -> str:
        """The first term found."""
        return self.hits[0].term

    def explain(self) -> str:
        """One Chinese line for the desk: which terms, where, which places."""
        terms = "、".join(f"「{hit.term}」（第 {hit.start + 1} 字）" for hit in self.hits)
        return f"命中{terms}" + (f"；地点：{'、'.join(self.places)}" if self.places else "")


def _lower(text: str) -> str:
    """Lower case and half width, one character for one, so that positions stay."""
    return "".join(_lower_char(char) for char in text)


def plain(text: str) -> str:
    """`text` (its first 5,000 characters) in the form in which terms are looked for: to try many lists on one text."""
    return _lower(clean_text(text, MAX_CHARS))


def _lower_char(char: str) -> str:
    code = ord(char)
    if 0xFF01 <= code <= 0xFF5E:
        char = chr(code - 0xFEE0)
    lowered = char.lower()
    return lowered if len(lowered) == 1 else char


def _terms(words: Iterable[str]) -> tuple[str, ...]:
    cleaned = (_lower(clean_text(word, 60)) for word in words)
    return tuple(dict.fromkeys(word for word in cleaned if word))


def _positions(text: str, term: str) -> Iterator[int]:
    start = text.find(term)
    while start >= 0:
        yield start
        start = text.find(term, start + 1)


class TopicWatch:
    """A campaign's watch list, made once and used for every title; the rule is in the module's docstring.

    Args:
        keywords: the topic's own names.
        aliases: other names for it; they count like keywords.
        places: places of the campaign; evidence, and never a match by themselves.
        exclusions: phrases that contain a term and mean something else.
        ambiguous: those of the terms that mean something else elsewhere (打工人, 长安镇): they count only where one of
            the places is meant too, or where the text is our own newsrooms' (see `places`).
    """

    def __init__(
        self,
        keywords: Iterable[str],
        aliases: Iterable[str] = (),
        places: Iterable[str] = (),
        exclusions: Iterable[str] = (),
        ambiguous: Iterable[str] = (),
    ) -> None:
        self._terms = tuple(sorted(_terms((*keywords, *aliases)), key=len, reverse=True))
        self._places = _terms(places)
        self._exclusions = _terms(exclusions)
        self._ambiguous = frozenset(_terms(ambiguous))
        self._finder = Places(self._places, homes_among(self._places))

    @property
    def terms(self) -> tuple[str, ...]:
        """What is looked for, in the form of `plain`: a text whose plain form has none of them never matches."""
        return self._terms

    def match(self, text: str, *, at_home: bool = False) -> Match | None:
        """The evidence that `text` (its first 5,000 characters) is on the topic, or None.

        Args:
            at_home: one of our own newsrooms wrote it.
        """
        cleaned = clean_text(text, MAX_CHARS)
        lowered = _lower(cleaned)
        hits: list[Hit] = []
        for term in self._terms:
            for start in _positions(lowered, term):
                inside_longer = any(h.start <= start < h.start + len(h.term) for h in hits)
                if not inside_longer and self._is_meant(lowered, term, start):
                    hits.append(Hit(term, start))
        if not hits:
            return None
        places = self._finder.find(lowered, at_home=at_home)
        hits = [hit for hit in hits if self._is_ours(hit.term, places, at_home)]
        if not hits:
            return None
        hits.sort(key=lambda hit: hit.start)
        return Match(cleaned, tuple(hits), places)

    def _is_ours(self, term: str, places: tuple[str, ...], at_home: bool) -> bool:
        """Whether a term that means something else elsewhere means ours here; a town among them is its own evidence."""
        if term not in self._ambiguous:
            return True
        return term in places if term in self._places else at_home or bool(places)

    def _is_meant(self, text: str, term: str, start: int) -> bool:
        if _is_part_of_latin_word(text, term, start) or self._is_excluded(text, term, start):
            return False
        left, right = _clause_around(text, start, start + len(term))
        if not left and not right:
            return True
        named = self._follows_name(left)
        return not self._is_exceeding(term, left, right, named) and not self._is_crossed(term, left, right, named)

    def _is_excluded(self, text: str, term: str, start: int) -> bool:
        end = start + len(term)
        for phrase in self._exclusions:
            window = max(0, start - len(phrase) + 1)
            if any(window + at < end for at in _positions(text[window : end + len(phrase) - 1], phrase)):
                return True
        return False

    def _follows_name(self, left: str) -> bool:
        """Whether the clause's text before the term marks a name, so that no village is named there."""
        if not left or left[-1] in _JOINERS:
            return True
        known = any(left.endswith(place) for place in (*self._places, *PROVINCES))
        return known or (len(left) > 2 and left[-1] in _ADMINISTRATIVE)

    @staticmethod
    def _is_exceeding(term: str, left: str, right: str, named: bool) -> bool:
        if len(term) != 2 or term[1] != "超" or term[0] not in _PLACE_NOUNS:
            return False
        quantity = _QUANTITY.match(right) is not None
        if quantity and not named:
            return True
        noun_phrase = bool(left) and left[-1] in (_DETERMINERS | _VILLAGE_STEMS)
        return noun_phrase and (quantity or _PRAISE.match(right) is not None)

    def _is_crossed(self, term: str, left: str, right: str, named: bool) -> bool:
        words = vocabulary(frozenset((*self._terms, *self._places, *_HEADLINE_WORDS)))
        clause, edges = left + term + right, (len(left), len(left) + len(term))
        before, after = costs_before(clause, words), costs_after(clause, words)
        own = before[edges[0]] + words.cost(term) + after[edges[1]]
        # 6月15日报道 is no 日报: a figure before it takes the term's first character away.
        known = KNOWN_MARGIN if words.knows(term) and not left[-1:].isdigit() else 0.0
        for start, end in known_words(clause, words):
            crosses_left, crosses_right = start < edges[0] < end, start < edges[1] < end
            extends = start == edges[0] or end == edges[1]  # 中超联赛 for 中超: the term and more
            if not (crosses_left or crosses_right) or (extends and end - start > len(term)):
                continue
            margin = (LEFT_MARGIN if crosses_left else (-RIGHT_MARGIN if named else 0.0)) - known
            if before[start] + words.cost(clause[start:end]) + after[end] - margin < own:
                return True
        return False


def _is_part_of_latin_word(text: str, term: str, start: int) -> bool:
    end = start + len(term)
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return (_is_latin(term[0]) and _is_latin(before)) or (_is_latin(term[-1]) and _is_latin(after))


def _is_latin(char: str) -> bool:
    return bool(char) and char.isascii() and char.isalnum()


def _clause_around(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands directly before and after in the same clause, `_REACH` characters at most each side."""
    low = start
    while low > 0 and start - low < _REACH and text[low - 1].isalnum():
        low -= 1
    high = end
    while high < len(text) and high - end < _REACH and text[high].isalnum():
        high += 1
    return text[low:start], text[end:high]
