"""Invented material for rehearsals: a hot-search board, newsroom feeds and readers' comments, all deterministic."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sandbox.audience import uniform
from sandbox.clock import day_start, shanghai, shanghai_day
from sandbox.seed import Outlet

BOARD_SIZE = 50
FEED_DAYS = 3

_CUNCHAO_TOPICS = (
    "东莞村超今晚开赛",
    "东莞村超决赛",
    "村超啦啦队有多拼",
    "厂牌球队杀进村超八强",
    "村超球场边的荔枝柴烧鹅",
    "东莞村超补时绝杀",
    "流水线工人上演村超帽子戏法",
    "村超观众席突破三万人",
)
_CITY_TOPICS = (
    "东莞龙舟水来了",
    "东莞地铁新线试跑",
    "松山湖科学城开放日",
    "虎门大桥车流",
    "东莞人才入户新政",
    "潮玩之都上新",
    "大朗毛织走上时装周",
    "东莞荔枝开摘",
    "粤港澳大湾区中心城市联动",
    "制造业当家看东莞",
)
_GENERAL_TOPICS = tuple(
    f"{subject}{event}"
    for subject in (
        "高考",
        "暑运",
        "国产大飞机",
        "新能源车",
        "端午假期",
        "中超联赛",
        "台风",
        "国货",
        "人工智能",
        "博物馆",
    )
    for event in ("今日要点", "迎来新变化", "数据公布", "登上热榜", "引发热议")
)
_CATEGORIES = ("社会", "体育", "文化", "科技", "民生")

_HEADLINES = (
    ("{place}村超队今晚出战，街坊约定七点半球场见", "体育"),
    ("村超夜经济：{place}球场外摆起四十家小吃摊", "体育"),
    ("{place}启动雨季排水设施巡检", "民生"),
    ("{place}图书馆延长夜间开放时间", "文化"),
    ("{place}一企业技改后产能提升三成", "经济"),
    ("走进{place}古村：老祠堂里的新课堂", "文化"),
    ("{place}举办夏季招聘会，提供岗位两千余个", "民生"),
    ("{place}志愿者上门为长者检修电路", "民生"),
    ("{place}中小学生足球联赛收官", "体育"),
    ("{place}河涌整治见成效，白鹭回来了", "生态"),
    ("{place}新能源公交线路调整公告", "交通"),
    ("一位工友的村超梦：白天在{place}上班，晚上踢中锋", "体育"),
)
_COMMENTS = (
    "太燃了，现场比电视好看",
    "支持家乡球队！",
    "这张照片拍得真好",
    "请问下一场什么时候？",
    "东莞越来越有意思了",
    "给志愿者点赞",
    "孩子看完也要学踢球",
    "停车方便吗",
    "转给在外地的朋友看看",
    "记者辛苦了",
)
_NAMES = ("荔枝红了", "莞邑小陈", "球场边的老王", "南城阿敏", "工友小李", "爱跑步的阿杰", "水乡人家", "夜班编辑")


def hot_board(board: str, now: float) -> dict[str, Any]:
    """A hot-search list in the shape of Weibo's public one: about fifty entries, changing with the clock's hour."""
    hour = int(now // 3600)
    topics = [*_CITY_TOPICS, *_GENERAL_TOPICS, *_CUNCHAO_TOPICS[: 3 + hour % 6]]

    def heat(word: str) -> float:
        # Mostly the topic's own weight, partly the hour's mood: the order shifts without being reshuffled.
        lift = 0.35 if "村超" in word and shanghai(now).hour in (19, 20, 21, 22) else 0.0
        return 0.6 * uniform(board, "topic", word, hour // 6) + 0.4 * uniform(board, word, hour) + lift

    ranked = sorted(topics, key=heat, reverse=True)[:BOARD_SIZE]
    realtime = [
        {
            "word": word,
            "word_scheme": f"#{word}#",
            "note": word,
            "num": int(2_400_000 * heat(word) ** 2 / rank**0.35) + 20_000,
            "category": _category(word),
            "rank": rank - 1,
            "realpos": rank,
            "label_name": "新" if uniform(board, word, hour, "new") > 0.85 else "",
            "is_ad": 0,
        }
        for rank, word in enumerate(ranked, start=1)
    ]
    return {"ok": 1, "data": {"realtime": realtime, "hotgov": None}}


def _category(word: str) -> str:
    if "村超" in word or "联赛" in word:
        return "体育"
    return _CATEGORIES[int(uniform("category", word) * len(_CATEGORIES))]


def feed_items(outlet: Outlet, now: float) -> list[dict[str, Any]]:
    """An outlet's items of the last days that are out by now, newest first. ``at`` is epoch seconds."""
    today = shanghai_day(now)
    items = [
        item
        for back in range(FEED_DAYS)
        for item in _feed_day(outlet, today - timedelta(days=back))
        if item["at"] <= now
    ]
    return sorted(items, key=lambda item: float(item["at"]), reverse=True)


def feed_item(outlet: Outlet, key: str) -> dict[str, Any] | None:
    """One item by its key, ``2026-06-06-3``."""
    try:
        day = date.fromisoformat(key[:10])
    except ValueError:
        return None
    return next((item for item in _feed_day(outlet, day) if item["key"] == key), None)


def _feed_day(outlet: Outlet, day: date) -> list[dict[str, Any]]:
    place = outlet.name or outlet.id
    count = 3 + int(uniform(outlet.id, day, "count") * 3)
    order = sorted(range(len(_HEADLINES)), key=lambda index: uniform(outlet.id, day, index))
    items = []
    for number, index in enumerate(order[:count], start=1):
        headline, category = _HEADLINES[index]
        title = headline.format(place=place)
        items.append(
            {
                "key": f"{day.isoformat()}-{number}",
                "title": title,
                "category": category,
                "text": f"{title}。{place}记者从现场了解到，相关工作正在有序推进，更多消息将陆续发布。",
                # Between seven in the morning and nine in the evening.
                "at": day_start(day) + 7 * 3600 + int(uniform(outlet.id, day, number, "at") * 14 * 3600),
            }
        )
    return items


def comment_at(post_id: str, number: int) -> tuple[str, str]:
    """The name and the text of a post's comment, 1 being the first."""
    name = _NAMES[int(uniform(post_id, number, "name") * len(_NAMES))]
    text = _COMMENTS[int(uniform(post_id, number, "text") * len(_COMMENTS))]
    return f"{name}{number % 97}", text
