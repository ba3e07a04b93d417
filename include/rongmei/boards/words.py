"""How a hot board's entry is told to a person: its rank, its heat in the platform's own unit, where to look it up."""

from __future__ import annotations

from urllib.parse import quote

_SEARCHES = {
    "weibo": "https://s.weibo.com/weibo?q=%23{}%23",
    "zhihu": "https://www.zhihu.com/search?type=content&q={}",
    "douyin": "https://www.douyin.com/search/{}",
    "toutiao": "https://so.toutiao.com/search?keyword={}",
    "baidu": "https://www.baidu.com/s?wd={}",
    "bilibili": "https://search.bilibili.com/all?keyword={}",
}
"""The platforms' search pages, as a browser opens them; the boards' own links carry sessions and expire."""
_UNITS = {
    "weibo": "微博热度",
    "zhihu": "知乎热度",
    "douyin": "抖音热度值",
    "toutiao": "头条热度",
    "baidu": "百度热搜指数",
    "bilibili": "B站热度",
}


def search_link(board: str, title: str) -> str | None:
    """An https address where `title` is looked up on the board's platform; None for a board that has none."""
    form = _SEARCHES.get(board)
    return form.format(quote(title.strip().strip("#"), safe="")) if form else None


def heat_words(board: str, heat: int | None) -> str:
    """知乎热度 1181.0 万: what a heat counts differs between platforms, so its unit always stands with it."""
    if heat is None:
        return "平台未给热度"
    return f"{_UNITS.get(board, '热度')} {short_count(heat)}"


def rank_words(position: int) -> str:
    """第 3 位; 0 is a line that the platform pinned, which has no rank."""
    return f"第 {position} 位" if position else "置顶"


def short_count(count: int) -> str:
    """186.5 万, 1.20 亿, 9,800."""
    if count >= 100_000_000:
        return f"{count / 100_000_000:.2f} 亿"
    if count >= 10_000:
        return f"{count / 10_000:.1f} 万"
    return f"{count:,}"
