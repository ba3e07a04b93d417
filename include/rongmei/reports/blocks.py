"""Sheets and paper sections that several reports share: groups, days, stories, hot boards, troubles, tasks."""

from __future__ import annotations

from collections.abc import Sequence

from rongmei.reports.charts import Chart
from rongmei.reports.lines import BestStory, DayLine, GroupLine, HitLine, RankLine, Step, Task, TroubleLine
from rongmei.reports.printout import Section
from rongmei.reports.scoresheet import index_words
from rongmei.reports.sentences import rank_moved
from rongmei.reports.words import change, change_text, count, moment_text, total
from rongmei.reports.workbook import ADDRESS_COLUMN, Cell, Formula, Sheet, column, naive

# ── sheets ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def group_sheet(name: str, what: str, lines: Sequence[GroupLine], before: str = "") -> Sheet:
    """Groups with their sums as formulas, and the growth of each where there is something to compare with.

    Args:
        before: what is compared with, e.g. 上周; empty for no comparison.
    """
    head, widths = [what, "发布", "阅读", "互动"], [24, 10, 14, 14]
    if before:
        head, widths = [*head, f"{before}发布", f"{before}阅读", "阅读变化"], [*widths, 10, 14, 12]
    rows: list[tuple[Cell, ...]] = []
    for number, line in enumerate(lines, start=2):
        cells: tuple[Cell, ...] = (line.name, line.live, line.reads, line.interactions)
        if before:
            cells = (*cells, line.live_before, line.reads_before, _growth(number, line.ratio))
        rows.append(cells)
    last = len(rows) + 1
    totals: tuple[Cell, ...] = (
        "合计",
        _sum(1, last, sum(line.live for line in lines)),
        _sum(2, last, total([line.reads for line in lines])),
        _sum(3, last, total([line.interactions for line in lines])),
    )
    if before:
        reads, reads_before = total([line.reads for line in lines]), total([line.reads_before for line in lines])
        totals = (
            *totals,
            _sum(4, last, sum(line.live_before for line in lines)),
            _sum(5, last, reads_before),
            _growth(last + 1, change(reads, reads_before)),
        )
    return Sheet(name, head, widths, rows, totals if rows else ())


def _sum(place: int, last: int, value: int | None) -> Formula:
    """Empty where nothing is known, as the cells above are."""
    cells = f"{column(place)}2:{column(place)}{last}"
    return Formula(f'=IF(COUNT({cells})=0,"",SUM({cells}))', value)


def _growth(row: int, ratio: float | None) -> Formula:
    text = f'=IF(AND(ISNUMBER(C{row}),ISNUMBER(F{row}),N(F{row})<>0),(C{row}-F{row})/F{row},"")'
    return Formula(text, ratio, percent=True)


def day_sheet(name: str, what: str, days: Sequence[DayLine]) -> Sheet:
    """Days with their sums as formulas."""
    rows = [(day.day, day.live, day.reads) for day in days]
    last = len(rows) + 1
    totals = (
        "合计",
        _sum(1, last, sum(day.live for day in days)),
        _sum(2, last, total([day.reads for day in days])),
    )
    return Sheet(name, (what, "发布", "阅读"), (14, 10, 14), rows, totals if rows else ())


def best_sheet(best: Sequence[BestStory], name: str = "阅读最多的稿件") -> Sheet:
    """Stories with what is said about them."""
    return Sheet(
        name,
        ("名次", "稿件", "媒体", "活动", "阅读", "互动", "说明", ADDRESS_COLUMN),
        (8, 50, 18, 18, 12, 12, 60, 40),
        [
            (place, one.title, one.outlet, one.campaign, one.reads, one.interactions, "；".join(one.why), one.url)
            for place, one in enumerate(best, start=1)
        ],
    )


def hit_sheet(hits: Sequence[HitLine]) -> Sheet:
    """Stays on hot boards."""
    return Sheet(
        "热榜",
        ("热榜", "话题", "活动", "最高名次", "在榜分钟（约）", "最高热度", "首次见到（北京时间）", "对应稿件"),
        (14, 50, 18, 10, 12, 14, 18, 50),
        [
            (
                one.board,
                one.title,
                one.campaign,
                one.position,
                one.minutes,
                one.heat,
                naive(one.first_seen_at),
                one.about,
            )
            for one in hits
        ],
    )


def trouble_sheet(troubles: Sequence[TroubleLine], before: str) -> Sheet:
    """What went wrong."""
    return Sheet(
        "问题",
        ("事项", "次数", f"{before}次数", "例子"),
        (18, 10, 10, 90),
        [(one.kind, one.count, one.before, "；".join(filter(None, one.examples))) for one in troubles],
    )


def task_sheet(tasks: Sequence[Task]) -> Sheet:
    """What waits for somebody."""
    return Sheet(
        "待处理",
        ("事项", "对象", "原因与办法", "谁来办", "是否紧急"),
        (14, 50, 50, 24, 10),
        [(task.kind, task.what, task.why, task.who, "是" if task.urgent else "否") for task in tasks],
    )


def step_sheet(funnel: Sequence[Step]) -> Sheet:
    """From pitch to publication."""
    return Sheet("从报题到发布", ("环节", "数量"), (14, 10), [(step.name, step.count) for step in funnel])


# ── paper ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def group_section(
    heading: str, what: str, lines: Sequence[GroupLine], before: str = "", chart: Chart | None = None
) -> Section:
    """Groups as a table."""
    head = (what, "发布", "阅读", "互动", *([f"比{before}"] if before else []))
    rows = [
        (
            line.name,
            str(line.live),
            count(line.reads),
            count(line.interactions),
            *([change_text(line.ratio) or "—"] if before else []),
        )
        for line in lines
    ]
    return Section(heading, widths=(4, 2, 3, 3, *([3] if before else [])), rows=[head, *rows], chart=chart)


def ranking_section(heading: str, source: str, lines: Sequence[RankLine], chart: Chart | None = None) -> Section:
    """Ranks with the dimensions' values, and indexes with their versions."""
    rows = [
        (
            str(line.rank),
            rank_moved(line.rank, line.before),
            line.outlet + ("" if line.complete else "（数据不齐全）"),
            f"{line.total:.2f}",
            "，".join(f"{one.name} {'未知' if one.value is None else f'{one.value:.1f}'}" for one in line.terms)
            + "".join(f"；{index_words(one)}" for one in line.indexes),
        )
        for line in lines
    ]
    return Section(
        heading,
        (source,) if source and lines else (),
        (1, 1, 3.4, 1.5, 8),
        [("名次", "变化", "媒体", "总分", "各项（0–100）"), *rows],
        chart,
    )


def best_section(best: Sequence[BestStory], heading: str = "新增阅读最多的稿件") -> Section:
    """Stories as a table."""
    rows = [
        (str(place), one.title, one.outlet, count(one.reads), "；".join(one.why)) for place, one in enumerate(best, 1)
    ]
    return Section(heading, widths=(0.8, 5, 2.4, 2, 5), rows=[("", "稿件", "媒体", "阅读", "说明"), *rows])


def hit_section(hits: Sequence[HitLine]) -> Section:
    """Stays on hot boards as a table."""
    rows = [(one.board, one.title, one.place, f"约 {one.minutes} 分钟", moment_text(one.first_seen_at)) for one in hits]
    return Section("上热榜", widths=(2.2, 6, 1.8, 2.2, 2.6), rows=[("热榜", "话题", "最高", "在榜", "首次见到"), *rows])


def trouble_section(troubles: Sequence[TroubleLine], before: str) -> Section:
    """What went wrong as a table."""
    rows = [(one.kind, str(one.count), str(one.before), "；".join(filter(None, one.examples))) for one in troubles]
    return Section("哪里出了问题", widths=(2.4, 1.2, 1.4, 8), rows=[("事项", "次数", before, "例子"), *rows])


def task_section(tasks: Sequence[Task]) -> Section:
    """What waits for somebody as a table."""
    rows = [(one.kind, one.what, one.why, one.who) for one in tasks]
    return Section("要处理的事", widths=(2, 5, 5, 3), rows=[("事项", "对象", "原因与办法", "谁来办"), *rows])


def step_section(funnel: Sequence[Step]) -> Section:
    """From pitch to publication in one line."""
    return Section("从报题到发布", (" → ".join(f"{step.name} {step.count}" for step in funnel),) if funnel else ())
