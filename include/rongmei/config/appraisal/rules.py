"""The frozen model of a rule set by which outlets and people are appraised over a period (周期考核)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rongmei.config.fields import Amount, Count, Day, Fault, LongText, Path, Slug, Text, refuse, repeated
from rongmei.config.models import Channel, Model

PowerId = Literal["spread", "guidance", "influence", "credibility", "collaboration"]
POWERS: dict[str, str] = {
    "spread": "传播力",
    "guidance": "引导力",
    "influence": "影响力",
    "credibility": "公信力",
    "collaboration": "协作",
}
"""四力 and 协作. No official national table of weights was found; the dimensions are fixed, the weights are not."""
LEVELS: dict[str, str] = {"county": "县级", "city": "市级", "province": "省级", "state": "国家级"}
"""Of those who adopt or award, lowest first."""
SEVERITIES: dict[str, str] = {"minor": "一般差错", "serious": "严重差错", "major": "重大差错"}
"""Of errors found after proof, least first."""
MeasureId = Literal[
    "reads",
    "raw_reads",
    "interactions",
    "works",
    "quota",
    "adoption",
    "awards",
    "hot_search",
    "on_time",
    "answered",
    "first_pass",
    "pitch_adoption",
    "pitches",
    "support",
    "reviews",
    "late",
    "missing",
    "returned",
    "rejected",
    "recalled",
    "corrected",
    "errors",
]

Real = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e9, le=1e9)]
"""Any number; whether it makes sense is for the proof to say, which knows what it is used for."""
Step = Annotated[tuple[Real, ...], Field(min_length=2, max_length=2)]


class Platform(Model):
    """What a post on a platform is expected to be read, on an account of so many followers."""

    reads: Real
    followers: Real


class Expected(Model):
    """应有阅读: how many reads a post should have, so that a town's 500 can be worth more than the daily's 5,000.

    By size: reads of its platform × coefficient of its place in the bundle × (followers ÷ the platform's
    followers)^`size`. By history: the median of the account's own posts before the period. Both are weighed as
    size^(1−`history`) × history^`history`. Where followers are not known they count as the platform's; where the
    account has too few posts, its history counts as its size.

    Attributes:
        other: for platforms that are not listed.
        positions: coefficient of the first, second … article of a bundle; the last one for all further.
        least: no post is expected to have fewer reads than this.
    """

    platforms: dict[Channel, Platform] = Field(default_factory=dict)
    other: Platform
    positions: Annotated[tuple[Real, ...], Field(min_length=1, max_length=16)] = (1.0,)
    size: Real = 0.5
    history: Real = 0.5
    least: Real = 20.0


class Figures(Model):
    """Which figures count.

    Attributes:
        hours: of each post the last figures within so many hours of its going live, so that Monday's posts have no more
            time than Sunday's; what is younger when the period is frozen counts with what it has.
        history_days: how far before the period an account's history goes.
        history_posts: with fewer posts than this an account has no history.
    """

    hours: Annotated[Count, Field(le=8760)] = 168
    history_days: Annotated[Amount, Field(le=730)] = 60
    history_posts: Annotated[Count, Field(le=1000)] = 5


class Interactions(Model):
    """What each kind of interaction weighs."""

    likes: Real = 1.0
    comments: Real = 2.0
    shares: Real = 3.0
    watching: Real = 1.0
    favourites: Real = 2.0


class Originality(Model):
    """原创系数: of the outlet's own work, of what it took over from elsewhere, and of what a machine wrote."""

    original: Real = 1.0
    reprint: Real = 0.3
    ai: Real = 0.8


class LevelPoints(Model):
    """Points by the level of who adopted or awarded; one item counts once, at its highest level."""

    county: Real = 0.0
    city: Real
    province: Real
    state: Real


class SeverityPoints(Model):
    """Points by how bad an error is."""

    minor: Real
    serious: Real
    major: Real


class Points(Model):
    """What single events are worth.

    Attributes:
        hot_search: `[best place at most, points]`, best places first; a topic counts once on each board.
    """

    adoption: LevelPoints = LevelPoints(county=1.0, city=3.0, province=5.0, state=8.0)
    award: LevelPoints = LevelPoints(county=1.0, city=3.0, province=5.0, state=8.0)
    error: SeverityPoints = SeverityPoints(minor=1.0, serious=3.0, major=10.0)
    hot_search: Annotated[tuple[Step, ...], Field(min_length=1, max_length=16)] = (
        (3.0, 10.0),
        (10.0, 6.0),
        (50.0, 2.0),
    )


class Measured(Model):
    """What one line of a rule set measures; which of the keys below `measure` may be written depends on it.

    Attributes:
        how: posts together, on the average, or the best of them.
        each_at_most: no single post counts for more than this.
        per: interactions per expected reads, or per actual reads (which no sound rule set does: more reads would lower
            the score).
        rate: interactions expected for one expected read.
        smoothing: reads added before dividing by them.
        weekly, monthly: 定额, works in a week (Monday to Sunday) and in a month; parts of them count in proportion.
        prior, prior_weight: a rate begins as `prior_weight` cases of which the share `prior` went well.
        accepted, joined, held, other: what a pitch is worth by its fate.
        partnered, hosted: what helping with another's story, and carrying it, is worth.
    """

    id: Slug
    name: Text
    measure: MeasureId
    how: Literal["sum", "mean", "best"] | None = None
    each_at_most: Real | None = None
    per: Literal["expected", "reads"] | None = None
    rate: Real | None = None
    smoothing: Real | None = None
    weekly: Real | None = None
    monthly: Real | None = None
    prior: Real | None = None
    prior_weight: Real | None = None
    accepted: Real | None = None
    joined: Real | None = None
    held: Real | None = None
    other: Real | None = None
    partnered: Real | None = None
    hosted: Real | None = None


class Term(Measured):
    """One line under a power, worth 0–100.

    Attributes:
        weight: its share of the power; the shares of a power add up to 1.
        curve: from what is measured to 0–100: `linear`, `log`, `sqrt` (full at `full`), `steps`, `rate` (×100).
        steps: `[from, points]`, lowest first.
    """

    weight: Real
    curve: Literal["linear", "log", "sqrt", "steps", "rate"]
    full: Real | None = None
    steps: Annotated[tuple[Step, ...], Field(max_length=32)] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        needs = {"steps": "steps", "rate": None}.get(self.curve, "full")
        given = {"full": self.full is not None, "steps": bool(self.steps)}
        if needs and not given[needs]:
            refuse([Fault(f"curve 是 {self.curve}，缺少 {needs}", f"补上 {needs}：量到多少算满分", ("curve",))])
        refuse(
            Fault(f"curve 是 {self.curve}，用不着 {key}", f"删掉 {key}，或改 curve", (key,))
            for key, there in given.items()
            if there and key != needs
        )
        return self


class Extra(Measured):
    """加分 or 减分 outside the powers: `points` for each unit measured, at most `at_most` in all."""

    points: Real
    at_most: Real


class Power(Model):
    """One of the five dimensions: its share of the whole, and its lines."""

    weight: Real
    terms: Annotated[tuple[Term, ...], Field(min_length=1, max_length=32)]


class Total(Model):
    """Where the total ends: 保底 and 封顶."""

    floor: Real = 0.0
    cap: Real = 100.0


class Scheme(Model):
    """How one kind of subject is scored: Σ weight × power + bonuses − deductions, between floor and cap."""

    powers: Annotated[dict[PowerId, Power], Field(min_length=1)]
    bonuses: Annotated[tuple[Extra, ...], Field(max_length=32)] = ()
    deductions: Annotated[tuple[Extra, ...], Field(max_length=32)] = ()
    total: Total = Total()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._repeated())
        return self

    def _repeated(self) -> Iterator[Fault]:
        """An appeal points at `spread.reads`, so a name is there once in its group."""
        for power, found in self.powers.items():
            at: Path = ("powers", power, "terms")
            yield from repeated([term.id for term in found.terms], "计分项标识", at, ("id",))
        for group in ("bonuses", "deductions"):
            yield from repeated([extra.id for extra in getattr(self, group)], "计分项标识", (group,), ("id",))


class PeriodRules(Scheme):
    """A version of the rules for periods. What was used once is not changed: a new version is a new file and id.

    Attributes:
        first, last: the days on which it is in force (`from`, `to`), both included; none means always.
        people: how people are scored; None means not at all.
        appeal_days: how many days after freezing an appeal may be made.
    """

    id: Slug
    name: Text
    version: Text
    description: LongText = ""
    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")
    figures: Figures = Figures()
    expected: Expected
    interactions: Interactions = Interactions()
    originality: Originality = Originality()
    points: Points = Points()
    people: Scheme | None = None
    appeal_days: Annotated[Count, Field(le=366)] = 7

    @model_validator(mode="after")
    def _check_days(self) -> Self:
        if self.first and self.last and self.first > self.last:
            refuse([Fault(f"生效日 {self.first} 晚于失效日 {self.last}", "把两个日期对调或改正", ("from",))])
        return self

    def in_force(self, first: date, last: date) -> bool:
        """Whether it holds on every day from `first` to `last`."""
        return (self.first is None or self.first <= first) and (self.last is None or last <= self.last)
