"""The boards of six platforms, each in the forms that its own pages are served.

The shapes are those that public clients of these lists read (DailyHot, NewsNow and their kin; Douyin's open platform by
its documentation); none could be asked while this was written, so each class takes what it finds and leaves the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from rongmei.boards.base import Board
from rongmei.boards.values import Answer, Draft, inside, rows, says

WEIBO_AD_FLAGS = ("is_ad", "ad_type", "topic_ad", "is_ad_pos")
ZHIHU_AD_METRICS = ("广告", "盐选推荐")
"""What stands in the place of the heat on sponsored lines."""


class Weibo(Board):
    """`ajax/side/hotSearch` (`data.realtime`, `data.hotgov`), `ajax/statuses/hot_band` and the mobile page's cards."""

    id = "weibo"
    label = "微博热搜"
    address = "https://weibo.com/ajax/side/hotSearch"
    referer = "https://weibo.com/"

    def drafts(self, answer: Answer) -> Iterable[Draft] | None:
        """`{"ok": 1, "data": {"realtime": [{"word", "note", "num", "category", "is_ad"}], "hotgov": {"word"}}}`."""
        if "ok" not in answer:
            return None
        if answer["ok"] != 1:
            raise self.unwell()
        lines = rows(inside(answer, "data", "realtime"))
        lines = rows(inside(answer, "data", "band_list")) if lines is None else lines
        if lines is not None:
            return (*self._pinned(answer), *(self._line(line) for line in lines))
        cards = rows(inside(answer, "data", "cards"))
        return None if cards is None else list(self._mobile(cards))

    @staticmethod
    def _pinned(answer: Answer) -> Iterator[Draft]:
        government = rows(inside(answer, "data", "hotgovs")) or [inside(answer, "data", "hotgov") or {}]
        for line in government:
            words = (inside(line, "word"), inside(line, "note"), inside(line, "name"))
            yield Draft(tuple(_without_hashes(word) for word in words), pinned=True)

    @staticmethod
    def _line(line: Answer) -> Draft:
        paid = any(says(line.get(flag)) for flag in WEIBO_AD_FLAGS) or line.get("label_name") == "商"
        return Draft((line.get("word"), line.get("note")), line.get("num"), line.get("category"), is_ad=paid)

    @staticmethod
    def _mobile(cards: list[Answer]) -> Iterator[Draft]:
        for card in cards:
            for line in rows(card.get("card_group")) or ():
                paid = bool(inside(line, "promotion"))
                # The pinned line is the one without a figure.
                heat = line.get("desc_extr")
                yield Draft((line.get("desc"),), heat, is_ad=paid, pinned=not paid and heat in (None, ""))


class Zhihu(Board):
    """`api/v3/feed/topstory/hot-lists/total`, and `hot-list-web`, which wraps every text in an area of its own."""

    id = "zhihu"
    label = "知乎热榜"
    address = "https://www.zhihu.com/api/v3/feed/topstory/hot-lists/total?limit=50"
    referer = "https://www.zhihu.com/hot"

    def drafts(self, answer: Answer) -> Iterable[Draft] | None:
        """`{"data": [{"target": {"title", "excerpt", "answer_count"}, "detail_text": "1181 万热度"}]}`."""
        lines = rows(answer.get("data"))
        if lines is None or not any("target" in line for line in lines):
            return None
        return [self._line(line) for line in lines]

    @staticmethod
    def _line(line: Answer) -> Draft:
        target = line.get("target")
        metrics = line.get("detail_text") or inside(target, "metrics_area", "text")
        return Draft(
            (inside(target, "title"), inside(target, "title_area", "text"), inside(target, "question", "title")),
            metrics,
            description=inside(target, "excerpt") or inside(target, "excerpt_area", "text"),
            discussions=inside(target, "answer_count"),
            is_ad=isinstance(metrics, str) and any(word in metrics for word in ZHIHU_AD_METRICS),
        )


class Douyin(Board):
    """The web page's `hot/search/list`, the older `hotsearch/billboard/word`, and the open platform's sentences."""

    id = "douyin"
    label = "抖音热点榜"
    address = "https://www.douyin.com/aweme/v1/web/hot/search/list/"
    referer = "https://www.douyin.com/"
    _LISTS: ClassVar[tuple[tuple[str, ...], ...]] = (("data", "word_list"), ("word_list",), ("data", "list"))

    def drafts(self, answer: Answer) -> Iterable[Draft] | None:
        """`{"status_code": 0, "data": {"word_list": [{"word", "hot_value"}]}}`; open platform: `sentence`, `hot_level`.

        Billboards of the open platform name their lines `title` and count them as `hot_value` or `effect_value`.
        """
        for way in self._LISTS:
            lines = rows(inside(answer, *way))
            if lines is not None and any({"word", "sentence", "effect_value"} & set(line) for line in lines):
                return [self._line(line) for line in lines]
        if says(answer.get("status_code")) or says(inside(answer, "data", "error_code")):
            raise self.unwell()
        return None

    @staticmethod
    def _line(line: Answer) -> Draft:
        title = (line.get("word"), line.get("sentence"), line.get("title"))
        heat = next((line[name] for name in ("hot_value", "hot_level", "effect_value") if name in line), None)
        return Draft(title, heat)


class Toutiao(Board):
    """`hot-event/hot-board`: the ranking in `data`, what the editors pinned in `fixed_top_data`."""

    id = "toutiao"
    label = "头条热榜"
    address = "https://www.toutiao.com/hot-event/hot-board/?origin=toutiao_pc"
    referer = "https://www.toutiao.com/"

    def drafts(self, answer: Answer) -> Iterable[Draft] | None:
        """`{"status": "success", "data": [{"Title", "HotValue": "12345", "InterestCategory": ["sport"], "Label"}]}`."""
        lines = rows(answer.get("data"))
        if lines is None or not any("Title" in line for line in lines):
            return None
        pinned = rows(answer.get("fixed_top_data")) or ()
        return (*(self._line(line, pinned=True) for line in pinned), *(self._line(line) for line in lines))

    @staticmethod
    def _line(line: Answer, *, pinned: bool = False) -> Draft:
        kinds = line.get("InterestCategory")
        category = kinds[0] if isinstance(kinds, list) and kinds else None
        titles = (line.get("Title"), line.get("QueryWord"))
        return Draft(titles, None if pinned else line.get("HotValue"), category, pinned=pinned)


class Baidu(Board):
    """`api/board`: cards whose content is the list, or holds it one level deeper; pinned lines beside or inside it."""

    id = "baidu"
    label = "百度热搜"
    address = "https://top.baidu.com/api/board?platform=wise&tab=realtime"
    referer = "https://top.baidu.com/board?tab=realtime"

    def drafts(self, answer: Answer) -> Iterable[Draft] | None:
        """`{"data": {"cards": [{"content": [{"word", "hotScore", "desc", "isTop"} | {"content": […]}]}]}}`."""
        cards = rows(inside(answer, "data", "cards"))
        return None if cards is None else list(self._lines(cards))

    def _lines(self, cards: list[Answer]) -> Iterator[Draft]:
        for card in cards:
            for line in rows(card.get("topContent")) or ():
                yield self._line(line, pinned=True)
            for line in rows(card.get("content")) or ():
                deeper = rows(line.get("content"))
                for one in [line] if deeper is None else deeper:
                    yield self._line(one, pinned=says(one.get("isTop")))

    @staticmethod
    def _line(line: Answer, *, pinned: bool) -> Draft:
        titles = (line.get("word"), line.get("query"), line.get("show"))
        heat = None if pinned else line.get("hotScore", line.get("heat_score"))
        return Draft(titles, heat, description=line.get("desc"), pinned=pinned)


class Bilibili(Board):
    """The search page's `main/hotword`, the app's `search/trending/ranking` and the site's `search/square`."""

    id = "bilibili"
    label = "哔哩哔哩热搜"
    address = "https://s.search.bilibili.com/main/hotword?limit=50"
    referer = "https://www.bilibili.com/"
    _LISTS: ClassVar[tuple[tuple[str, ...], ...]] = (("list",), ("data", "list"), ("data", "trending", "list"))

    def drafts(self, answer: Answer) -> Iterable[Draft] | None:
        """`{"code": 0, "list": [{"keyword", "show_name", "heat_score", "is_commercial"}]}`, also under `data`."""
        for way in self._LISTS:
            lines = rows(inside(answer, *way))
            if lines is not None and any("keyword" in line for line in lines):
                return [self._line(line) for line in lines]
        if isinstance(answer.get("code"), int) and answer["code"] < 0:
            raise self.unwell()
        return None

    @staticmethod
    def _line(line: Answer) -> Draft:
        paid = says(line.get("is_commercial"))
        return Draft((line.get("show_name"), line.get("keyword")), line.get("heat_score"), is_ad=paid)


def _without_hashes(word: Any) -> Any:
    return word.strip("#") if isinstance(word, str) else word
