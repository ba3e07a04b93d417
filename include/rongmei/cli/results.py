"""效果采集, 传播指数 and 考核报告 on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from rongmei import appraisal, reports
from rongmei.cli.common import Key, at, group, heading, out, show, table
from rongmei.errors import BadInput
from rongmei.indexes import (
    DIGITS,
    Figure,
    Index,
    Ranked,
    RankTable,
    Result,
    all_indexes,
    decode,
    find_index,
    rank_accounts,
)

metric = group("效果采集")
score = group("考核计分")
report = group("考核报告")

MAX_FILE_BYTES = 20_000_000


@metric.command("index")
def metrics_index(
    name: Annotated[str | None, typer.Argument(help="指数，例如 wci-14.2；不写就列出全部")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--input", help="名称=数，例如 总阅读数=3.2万；可写多次，没写的按不知道算")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="账号表：一列账号，其余各列是指数要的数")] = None,
) -> None:
    """算传播指数：一个账号给出算式，一张账号表给出排名；缺的数给区间，不猜。"""
    if name is None:
        _list_indexes()
        return
    index = find_index(name)
    if csv is not None and given:
        raise BadInput("--csv 和 --input 不能同时写", mend="单个账号用 --input，一张表用 --csv")
    if csv is not None:
        _show_ranks(index, rank_accounts(index, decode(_content(csv))))
    elif given:
        _show_result(index, index.compute(index.read(_pairs(given))))
    else:
        _show_index(index)


@score.command("score")
def appraisal_score(key: Key) -> None:
    """给各媒体计分。"""
    with at(key) as desk:
        show(appraisal.score(desk.ledger, desk.plan, key, now=desk.now()))


@report.command("render")
def report_render(key: Key) -> None:
    """生成报告：HTML、纯文本、图表与表格。"""
    with at(key) as desk:
        show(reports.build(desk.ledger, desk.plan, key, settings=desk.settings, now=desk.now()))


@report.command("email")
def report_email(key: Key) -> None:
    """把报告发给收件人；每人只发一次。"""
    with at(key) as desk:
        show(reports.email(desk.ledger, desk.plan, key, transport=desk.transport, clock=desk.now))


def _list_indexes() -> None:
    table(
        ["指数", "名称", "版本", "出处"],
        [(index.key, index.title, index.version, index.source) for index in all_indexes()],
    )


def _show_index(index: Index[Any]) -> None:
    heading(index.version)
    table(
        ["名称", "标识", "记号", "单位"],
        [(one.label, one.name, one.symbol, one.unit) for one in index.inputs.measures()],
    )
    _print_source(index)


def _show_result(index: Index[Any], result: Result) -> None:
    heading(str(result))
    _print_lines(result.reasons)
    table(
        ["步骤", "算式", "代入", "得"],
        [(term.name, term.formula, _substituted(term.numbers), term.value.words(6)) for term in result.terms],
    )
    out.print("在表格软件里逐格复算（区间先下限后上限）：", soft_wrap=True)
    _print_lines(f"{term.name}  {cell}" for term in result.terms for cell in term.cells)
    _print_source(index)


def _substituted(numbers: Sequence[tuple[str, Figure]]) -> str:
    return "，".join(f"{label} {known.words(0 if known.whole else 4)}" for label, known in numbers)


def _show_ranks(index: Index[Any], ranks: RankTable) -> None:
    heading(f"{index.title} {ranks.version}")
    table(
        ["名次", "账号", index.name, "版本", "说明"],
        [
            (row.place_words, row.account, row.result and row.result.value.words(DIGITS), ranks.version, _note(row))
            for row in ranks.rows
        ],
    )
    if ranks.missing:
        out.print(f"表里没有这几列，按不知道算：{'、'.join(ranks.missing)}", markup=False, soft_wrap=True)
    if ranks.unused:
        out.print(f"没有用到的列：{'、'.join(ranks.unused)}", markup=False, soft_wrap=True)
    placed = sum(1 for row in ranks.rows if row.place)
    out.print(f"{len(ranks.rows)} 个账号，{placed} 个有名次", soft_wrap=True)
    if any(row.place and row.place[0] != row.place[1] for row in ranks.rows):
        out.print("名次写成 3–5 的：数不全或只有约数，名次在这之间定不下来", soft_wrap=True)
    _print_source(index)


def _note(row: Ranked) -> str:
    if row.result is None:
        return row.problem
    return "；".join(row.result.reasons)


def _print_source(index: Index[Any]) -> None:
    out.print(f"出处：{index.source}", markup=False, soft_wrap=True)
    if index.caution:
        out.print(f"注意：{index.caution}", markup=False, soft_wrap=True)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        out.print(f"  · {line}", markup=False, soft_wrap=True)


def _pairs(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise BadInput(f"“{one[:40]}”里没有等号", where="--input", mend="写成 名称=数，例如 总阅读数=3.2万")
        if name.strip() in found:
            raise BadInput(f"“{name.strip()[:40]}”写了两次", where="--input", mend="留一个")
        found[name.strip()] = value
    return found


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        what = "没有这个文件" if isinstance(error, FileNotFoundError) else "打不开"
        raise BadInput(what, where=path.name, mend="核对路径和读取权限") from None
    if len(content) > MAX_FILE_BYTES:
        raise BadInput(f"大于 {MAX_FILE_BYTES // 10**6} MB", where=path.name, mend="分成几个文件")
    return content
