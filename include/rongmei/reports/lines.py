"""What all reports are made of: plain frozen values, ready to be printed; rendering adds nothing to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from rongmei.reports.words import change, change_text, interval


@dataclass(frozen=True)
class Headline:
    """One of the three figures at the top of a report.

    Attributes:
        of: what it is out of, e.g. publications planned; empty when it stands alone.
        ratio: growth against what `against` names; None when there is nothing to compare with.
        against: `比上周`; where there is no ratio, what to say in its place.
        mild: more is neither good nor bad.
    """

    name: str
    shown: str
    of: str = ""
    ratio: float | None = None
    against: str = ""
    mild: bool = False

    @property
    def moved(self) -> str:
        """`比上周增 18%`, `与上周持平`; what there is to say instead, or a dash."""
        if self.ratio is None:
            return self.against if self.against and not self.against.startswith("比") else "—"
        said = change_text(self.ratio)
        return f"与{self.against.removeprefix('比')}{said}" if said == "持平" else f"{self.against}{said}"


@dataclass(frozen=True)
class Task:
    """Something that failed or is stuck, and who must act."""

    kind: str
    what: str
    why: str
    who: str
    urgent: bool = False


@dataclass(frozen=True)
class Moment:
    """Something that happened, for the timeline. UTC."""

    at: datetime
    what: str


@dataclass(frozen=True)
class Step:
    """A step of the funnel from pitch to publication."""

    name: str
    count: int


@dataclass(frozen=True)
class GroupLine:
    """What a channel, a column or an outlet brought, and what it brought in the stretch compared with.

    Attributes:
        live: publications that went live.
        reads, interactions: None when no platform said.
        silent: live publications without a known number of reads.
    """

    name: str
    live: int
    reads: int | None
    interactions: int | None = None
    silent: int = 0
    live_before: int = 0
    reads_before: int | None = None

    @property
    def ratio(self) -> float | None:
        """Growth of the reads."""
        return change(self.reads, self.reads_before)


@dataclass(frozen=True)
class BestStory:
    """A story that stood out, and why, in sentences with numbers."""

    title: str
    outlet: str
    campaign: str
    url: str | None
    reads: int | None
    interactions: int | None
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class HitLine:
    """A stay of one of our topics on a hot board.

    Attributes:
        minutes: between the observations that saw it.
        about: title of the story it belongs to; empty when nobody has said.
    """

    board: str
    campaign: str
    title: str
    position: int
    minutes: int
    heat: int | None
    first_seen_at: datetime
    about: str = ""

    @property
    def place(self) -> str:
        """`第 3 位`; what only ever was pinned has no rank."""
        return f"第 {self.position} 位" if self.position else "置顶"


@dataclass(frozen=True)
class DayLine:
    """A day's figures: reads that the posts gained on it; None when no platform said."""

    day: date
    reads: int | None
    live: int = 0


@dataclass(frozen=True)
class TroubleLine:
    """A kind of thing that went wrong, how often, how often before, and the first examples."""

    kind: str
    count: int
    before: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class TermLine:
    """One dimension of a score: `value` 0–100, `points` what it adds to the total; None when unknown.

    Attributes:
        share: what the value is multiplied with; 0 when the dimension is left out.
        median: of all that were scored, for comparison.
    """

    name: str
    value: float | None
    points: float | None
    how: str
    share: float | None = None
    median: float | None = None


@dataclass(frozen=True)
class IndexLine:
    """A communication index of an account, with the version of its formula.

    Attributes:
        low, high: the bounds where an input is missing or rounded, equal where none is; no `high` means no upper bound.
    """

    account_name: str
    version: str
    forwards: bool
    low: float
    high: float | None

    def shown(self, digits: int = 1) -> str:
        """The figure: 846.3, 812.0–861.4, or 至少 812.0."""
        return interval(self.low, self.high, digits)


@dataclass(frozen=True)
class RankLine:
    """An outlet's place in the appraisal; `complete` is False when a dimension could not be known.

    Attributes:
        details: what the dimensions are made of, and what is added and taken off beside them.
        before: its rank in the stretch before; None when it had none.
        outlet_id: empty in a list that needs none.
    """

    rank: int
    outlet: str
    total: float
    complete: bool
    summary: str
    terms: tuple[TermLine, ...] = ()
    indexes: tuple[IndexLine, ...] = ()
    details: tuple[TermLine, ...] = ()
    before: int | None = None
    total_before: float | None = None
    outlet_id: str = ""


@dataclass(frozen=True)
class Ranking:
    """Scores and how they came about.

    Attributes:
        rules: name and version of the rules; empty when nothing is scored.
        source: one sentence: a frozen period, or the mean of editions.
        period: key of the frozen period; empty where there is none.
    """

    rules: str = ""
    source: str = ""
    lines: tuple[RankLine, ...] = ()
    period: str = ""


@dataclass(frozen=True)
class DutyLine:
    """Who is on duty in a week, and why."""

    first: date
    last: date
    outlet: str
    why: str


@dataclass(frozen=True)
class QuotaLine:
    """How much of a quota an account has used in the window that runs."""

    account: str
    quota: str
    window: str
    used: int
    limit: int

    @property
    def share(self) -> float:
        """Used ÷ limit."""
        return self.used / self.limit if self.limit else 1.0
