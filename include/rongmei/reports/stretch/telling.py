"""What changed against the stretch before and why it may have, as sentences: the same order in every report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rongmei.reports import sentences
from rongmei.reports.lines import BestStory, GroupLine, HitLine
from rongmei.reports.stretch.figures import parts, summed
from rongmei.reports.words import total


def changes(
    lines: tuple[GroupLine, ...],
    *,
    against: str,
    unit: str,
    what: str = "新增阅读",
    kind: str = "渠道",
    history: Sequence[int | None] = (),
    best: Sequence[BestStory] = (),
    hits: Sequence[HitLine] = (),
    undecided: int = 0,
) -> tuple[str, ...]:
    """The sentences that the figures carry.

    Args:
        lines: channels or campaigns, which together are the whole.
        against: what is compared with: 上周, 前一天.
        unit: what `history` is counted in: 周, 天.
        history: earlier sums, without the present one.
        undecided: anomalies that nobody has decided about.
    """
    sums = summed(lines)
    before = total([line.reads_before for line in lines])
    live_before = sum(line.live_before for line in lines)

    def said() -> Iterator[str]:
        yield sentences.changed(what, sums.reads, before, against) + sentences.usual(sums.reads, history, unit)
        yield sentences.driver(parts(lines), kind)
        yield sentences.split(sums.reads, before, sums.live, live_before, against)
        if len(best) >= sentences.FEW:
            yield sentences.leaning(best[0].title, best[0].reads, sums.reads, before, against)
        if hits:
            top = hits[0]
            yield sentences.boards(len(hits), f"{top.board}{top.place}", sum(hit.minutes for hit in hits))
        yield sentences.gaps(sums.silent, sums.live)
        yield sentences.doubtful(undecided)

    return tuple(filter(None, said()))
