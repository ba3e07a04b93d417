"""Reports made by hand, for templates: the same lines in every report, from none to more than a page takes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from rongmei.reports.daily.context import DailyBrief
from rongmei.reports.edition.context import (
    ChannelLine,
    Decision,
    EditionReport,
    PitchLine,
    PostLine,
    Previous,
    ReviewLine,
    StoryLine,
)
from rongmei.reports.lines import (
    BestStory,
    DayLine,
    DutyLine,
    GroupLine,
    HitLine,
    IndexLine,
    Moment,
    QuotaLine,
    Ranking,
    RankLine,
    Step,
    Task,
    TermLine,
    TroubleLine,
)
from rongmei.reports.stretch.work import Punctuality
from rongmei.reports.weekly.context import WeeklyReview
from rongmei.reports.wrapup.context import Season, WrapUp

NOW = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)
MONDAY, SUNDAY = date(2026, 6, 1), date(2026, 6, 7)
CLUSTER = "东莞融媒体集群"
TITLES = {
    "plain": "茶山村超夜：三万人挤爆泥地球场",
    "long": "很长" * 200,
    "rtl": "مباراة القرية (3:2) في دونغقوان",
    "emoji": "🎉⚽👨‍👩‍👧 决赛夜 3:2",
    "evil": "<script>alert(1)</script>\"'&{{7*7}}=1+1",
}


def channels(reads=12_300):
    return (
        GroupLine("微信公众号", 12, reads, reads // 10, 1, 10, reads * 2 // 3),
        GroupLine("微博", 6, reads // 2, None, 0, 6, reads),
        GroupLine("网站", 3, None, None, 3, 0, None),
    )


def ranking(outlets=3, name="茶山融媒"):
    terms = (
        TermLine("传播力", 70.5, 21.15, "", 0.3, 64.0),
        TermLine("引导力", None, None, "", 0.0, None),
    )
    details = (TermLine("传播力·阅读", 70.5, 21.15, "折算阅读 1.2 → 70.5", 0.3),)
    index = IndexLine("茶山融媒", "WCI V14.2", True, 812.04, 861.37)
    return Ranking(
        "东莞融媒体集群周期考核规则 1",
        "6月1日—7日考核周期，6月8日 09:00 冻结。",
        tuple(
            RankLine(
                place, f"{name}{place}", 90.0 - place, place > 1, "传播力 70.5×30%=21.15", terms, (index,),
                details, place + 2 if place % 2 else place, 88.0, f"outlet-{place}",
            )
            for place in range(1, outlets + 1)
        ),
    )  # fmt: skip


def best(title, number=5):
    why = ("占全部阅读的 34%", "微信公众号“茶山融媒” 8,000，是该渠道其余 12 次发布中位数 1,250 的 6.4 倍")
    return tuple(
        BestStory(title, "茶山融媒", "村超比赛日", "https://example.com/1" if n else None, 8_000 - n, 400, why)
        for n in range(number)
    )


def hits(title):
    return (HitLine("微博热搜", "村超比赛日", title, 3, 95, 1_234_567, NOW - timedelta(days=1), title),)


def tasks(title, number=2):
    return tuple(
        Task(
            "发布失败" if n % 2 == 0 else "待初审",
            f"《{title}》→ 微博“茶山融媒”",
            "45009 已达上限",
            "茶山融媒",
            n % 2 == 0,
        )
        for n in range(number)
    )


FUNNEL = tuple(Step(name, count) for name, count in (("报题", 9), ("通过", 6), ("签发", 5), ("发布", 21)))
TWO_WEEKS = tuple(DayLine(SUNDAY - timedelta(days=13 - n), None if n == 3 else 1_000 * n, n) for n in range(14))


def daily(title=TITLES["plain"], outlets=3, **changes):
    made = DailyBrief(
        key="daily:dongguan:2026-06-07", cluster=CLUSTER, first=SUNDAY, last=SUNDAY, made_at=NOW,
        channels=channels(), campaigns=channels()[:2], days=TWO_WEEKS, funnel=FUNNEL, best=best(title),
        hits=hits(title),
        tasks=tasks(title, outlets), undecided=2,
        today=("村超比赛日开一期（18:00）", "本周轮值：茶山融媒（按次序轮到）"),
    )  # fmt: skip
    return replace(made, **changes)


def weekly(title=TITLES["plain"], outlets=3, **changes):
    made = WeeklyReview(
        key="weekly:dongguan:2026-06-01", cluster=CLUSTER, first=MONDAY, last=SUNDAY, made_at=NOW,
        channels=channels(), days=TWO_WEEKS, history=(9_000, 14_000, 16_000, None), funnel=FUNNEL,
        punctual=Punctuality(12, 9), punctual_before=Punctuality(10, 10), ranking=ranking(outlets), best=best(title),
        hits=hits(title),
        troubles=(TroubleLine("审稿退回", 4, 1, (f"茶山融媒《{title}》",)), TroubleLine("撤稿", 0, 2)),
        duty=(DutyLine(date(2026, 6, 8), date(2026, 6, 14), "石排融媒", "按次序轮到"),),
        quotas=(QuotaLine("微信公众号“茶山融媒”", "发布", "每天", 1, 1),), undecided=1, appeals=2, outlets=outlets,
    )  # fmt: skip
    return replace(made, **changes)


def outlet_part(title=TITLES["plain"], outlets=3, **changes):
    whole = weekly(title, outlets)
    own = replace(whole.ranking, lines=whole.ranking.lines[:1])
    return replace(whole, outlet="茶山融媒1", ranking=own, **changes)


def wrapup(title=TITLES["plain"], outlets=3, **changes):
    lines = tuple(GroupLine(f"茶山融媒{n}", 3, 9_000 - n * 100, 400) for n in range(outlets))
    made = WrapUp(
        key="wrapup:cunchao:2026-06-07", campaign="村超比赛日", cluster=CLUSTER, first=date(2026, 3, 28), last=SUNDAY,
        made_at=NOW, description="两地联动", channels=channels(), columns=lines[:2], outlets=lines, editions=TWO_WEEKS,
        best=best(title, 10), hits=hits(title), funnel=FUNNEL, punctual=Punctuality(30, 27), ranking=ranking(outlets),
        timeline=(Moment(NOW - timedelta(days=60), "第一期开期"), Moment(NOW, f"“{title}”上微博热搜，最高第 3 位")),
        followers=1_234_567, accounts=9, counted=7, growing=4, undecided=1,
        previous=Season("2025年", 20, 300, 150_000),
    )  # fmt: skip
    return replace(made, **changes)


def edition(title=TITLES["plain"], outlets=3, **changes):
    post = PostLine(
        "wechat", "微信公众号", "chashan/wechat", "茶山融媒", "live", "已发布", "https://example.com/1", NOW, NOW,
        8_000, 120, 30, 60, 20,
    )  # fmt: skip
    failed = replace(post, channel="weibo", channel_name="微博", state="failed", state_name="发布失败", reads=None)
    made = EditionReport(
        key="cunchao/2026-06-06", campaign="村超比赛日", cluster=CLUSTER, day=date(2026, 6, 6), rehearsal=False,
        note="今晚有雨", rules="期次考核规则 1", made_at=NOW,
        previous=Previous(date(2026, 5, 30), 9, 10_000, 300, (ChannelLine("微信公众号", 9, 9, 10_000, 300, 0),)),
        channels=(ChannelLine("微信公众号", 12, 12, 18_450, 900, 1), ChannelLine("微博", 6, 5, 900, None, 0)),
        stories=(StoryLine(title, "茶山融媒", "赛场直击", "signed_off", (post, failed)),) * 3,
        ranking=ranking(outlets).lines, pitches=(PitchLine(title, "茶山融媒", "books", "通过", 0.8, NOW, "茶山融媒"),),
        funnel=FUNNEL, tasks=tasks(title, outlets),
        reviews=(ReviewLine(title, (Decision("初审", "林初（责任编辑）", "通过", "", NOW),)),),
        timeline=(Moment(NOW, "开出本期"),),
    )  # fmt: skip
    return replace(made, **changes)
