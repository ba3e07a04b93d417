"""Finds place names as the places that are meant: 长安镇 of our city, not one of the ten others, and not 长安汽车.

A name of the list stands for its place unless one of these says otherwise:

1. **It is no word there.** 广东城际 has no 东城, 汪东城 and 西长安街 are other words (`topics`' rule of crossing words,
   and a longer dictionary word around the name; 虎门大桥, which begins with the name, still lies there).
2. **Another region stands right before it**: 大荔县长安镇, 咸阳长安镇, 北京市东城区. Our own may: 东莞市长安镇.
3. **Nothing says that it is ours.** Town names recur all over China (长安镇 eleven times, 东城街道 thirty-nine; NBS
   codes of 2023), so a town's or a two-character name counts only where the city is named as well - or where the
   text comes from one of our own newsrooms (`at_home`), who write 长安 and mean theirs.

`cities.txt` has the provinces with their prefectures by their short names (NBS codes of 2023).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files

from rongmei.text.normalise import clean_text
from rongmei.text.spans import costs_after, costs_before, known_words
from rongmei.text.words import vocabulary

MAX_CHARS = 5_000
_REACH = 8
LEFT_MARGIN = 1.5
"""As in `topics`: a word that reaches over the beginning of the name is the likelier one."""
_TOWN = re.compile(r"(?:街道|镇|乡|村|社区)$")
_REGION = re.compile(r"(?:省|自治区|市|自治州|州|盟|县|旗|区)$")
_LESS = re.compile(r"(?:特别行政区|自治区|自治州|省|市|州|盟|县|旗|区)$")
_SPLIT = re.compile(r"[^0-9A-Za-z\u3400-\u9fff]+")


@lru_cache(maxsize=1)
def regions() -> dict[str, tuple[str, ...]]:
    """Province → its prefectures, by short names: 广东 → 广州, 韶关 …"""
    lines = files("rongmei.text").joinpath("cities.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: tuple(line.split()[1:]) for line in lines if line.strip()}


class Places:
    """A list of place names, made once and used for many texts; the rule is in the module's docstring.

    Args:
        names: what is looked for.
        homes: names that need no support and support the others: the city itself, a campaign's own county.
    """

    def __init__(self, names: Iterable[str], homes: Iterable[str]) -> None:
        self._homes = frozenset(name.strip() for name in homes if name.strip())
        cleaned = [name.strip() for name in names if len(name.strip()) > 1]
        self._order = tuple(dict.fromkeys((*cleaned, *sorted(self._homes))))
        self._longest_first = tuple(sorted(self._order, key=len, reverse=True))
        self._names = frozenset(self._order)
        self._ours = tuple(sorted({_LESS.sub("", home) for home in self._homes}))
        self._foreign = self._elsewhere()

    def find(self, text: str, *, at_home: bool = False) -> tuple[str, ...]:
        """The names meant in `text` (its first 5,000 characters), in the order of the list.

        Args:
            at_home: the text was written by one of our newsrooms about its own place.
        """
        cleaned = clean_text(text, MAX_CHARS)
        meant = {name for name, start in self._occurrences(cleaned) if self._is_meant(cleaned, name, start)}
        supported = at_home or any(name in self._homes for name in meant)
        return tuple(name for name in self._order if name in meant and (supported or self._stands_alone(name)))

    def _occurrences(self, text: str) -> Sequence[tuple[str, int]]:
        """Names and where they stand, each stretch for its longest name only."""
        taken: list[tuple[int, int]] = []
        found: list[tuple[str, int]] = []
        for name in self._longest_first:
            start = text.find(name)
            while start >= 0:
                end = start + len(name)
                if not any(low < end and start < high for low, high in taken):
                    taken.append((start, end))
                    found.append((name, start))
                start = text.find(name, start + 1)
        return found

    def _is_meant(self, text: str, name: str, start: int) -> bool:
        left, right = _around(text, start, start + len(name))
        return not self._is_elsewhere(left) and not self._is_other_word(left, name, right)

    def _is_elsewhere(self, left: str) -> bool:
        """Whether another region stands right before the name."""
        said = (left, _LESS.sub("", left))  # 杭州东城, 杭州市东城
        if any(one.endswith(self._ours) for one in said):
            return False
        if any(one.endswith(self._foreign) for one in said):
            return True
        # 大荔县长安镇: any county is another one; 全市, 本区, 各县 and the like are none.
        return len(left) > 2 and bool(_REGION.search(left)) and left[-2] not in "全本各我该城"

    def _is_other_word(self, left: str, name: str, right: str) -> bool:
        """Whether another word is read there: one around the name that is no place of ours, or one over its edge."""
        words = vocabulary(self._names)
        clause, low, high = left + name + right, len(left), len(left) + len(name)
        before, after = costs_before(clause, words), costs_after(clause, words)
        own = before[low] + words.cost(name) + after[high]
        for start, end in known_words(clause, words):
            word = clause[start:end]
            if word in self._names or _LESS.sub("", word) in self._homes:
                continue
            if start <= low and end >= high:
                if start < low or _REGION.search(word):
                    return True
            elif (start < low < end or start < high < end) and (
                before[start] + words.cost(word) + after[end] - (LEFT_MARGIN if start < low else 0.0) < own
            ):
                return True
        return False

    def _stands_alone(self, name: str) -> bool:
        """Whether the name is rare enough to say by itself where it is: 松山湖, 滨海湾新区."""
        return name in self._homes or (len(name) > 2 and not _TOWN.search(name))

    def _elsewhere(self) -> tuple[str, ...]:
        """Provinces and prefectures that are neither ours nor our province."""
        ours, found = set(self._ours), set[str]()
        for province, cities in regions().items():
            if province not in ours and not ours & set(cities):
                found.add(province)
            found.update(cities)
        return tuple(sorted(found - ours))


def homes_among(places: Sequence[str]) -> tuple[str, ...]:
    """Names of a list that are cities and counties: what the towns of the list may lie in.

    A prefecture (东莞), what is called a county or the like (榕江县), and that without its ending if the list has both.
    """
    prefectures = {city for cities in regions().values() for city in cities} | set(regions())
    counties = {place for place in places if _REGION.search(place) and not _TOWN.search(place)}
    bare = {_LESS.sub("", place) for place in counties}
    return tuple(place for place in places if place in counties or place in bare or place in prefectures)


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands directly before and after in the same clause, `_REACH` characters at most each side."""
    left = _SPLIT.split(text[max(0, start - _REACH) : start])[-1]
    right = _SPLIT.split(text[end : end + _REACH])[0]
    return left, right
