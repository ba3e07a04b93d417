"""What a story must be, how it is graded, and who reviews it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Annotated, Self

from pydantic import Field, model_validator

from rongmei.config.fields import Count, Fault, Faults, Slug, Term, refuse, repeated
from rongmei.config.models.base import Model

_STAGES = (("first", "初审"), ("second", "复审"), ("final", "终审"))
_COUNTERSIGN = ("countersign", "签发")


class Reviews(Model):
    """Who may decide in each of the three reviews; three different people must be able to.

    Attributes:
        countersign: who may give the fourth signature (签发) that major topics need; empty where there are none.
    """

    first: tuple[Slug, ...]
    second: tuple[Slug, ...]
    final: tuple[Slug, ...]
    countersign: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse([*self._thin_stages(), *self._too_few()])
        return self

    def _thin_stages(self) -> Iterator[Fault]:
        for key, name in (*_STAGES, _COUNTERSIGN) if self.countersign else _STAGES:
            people: tuple[str, ...] = getattr(self, key)
            yield from repeated(people, f"{name}人员", (key,))
            if len(set(people)) < 2:
                yield Fault(f"{name}只有 {len(set(people))} 人可选", "每一审至少写两个人，一人不在还有另一人", (key,))

    def _too_few(self) -> Iterator[Fault]:
        three = [{*chosen} for chosen in product(self.first, self.second, self.final)]
        three = [chosen for chosen in three if len(chosen) == len(_STAGES)]
        if not three:
            yield Fault("三审排不出三个不同的人", "三个审级合起来至少要有三个不同的人")
        elif self.countersign and not any(set(self.countersign) - chosen for chosen in three):
            mend = "给签发加一个不必同时做三审的人"
            yield Fault("三审加签发排不出四个不同的人", mend, ("countersign",))


class GradeRules(Model):
    """What lifts a story into a grade.

    Attributes:
        words: found anywhere in its text or captions.
        topics: found in its title, its digest or the title of its pitch: what it is about, not what it mentions.
        columns: ids of columns all of whose stories are of this grade.
    """

    words: tuple[Term, ...] = ()
    topics: tuple[Term, ...] = ()
    columns: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        named = (("words", "词"), ("topics", "主题词"), ("columns", "栏目"))
        refuse(fault for key, name in named for fault in repeated(getattr(self, key), name, (key,)))
        return self

    @property
    def anything(self) -> bool:
        """Whether there is any rule."""
        return bool(self.words or self.topics or self.columns)


class Grading(Model):
    """分级: the campaign's own rules, beside the centre's list `lists/grades.yaml`.

    Attributes:
        centre: whether the centre's list counts for this campaign.
    """

    centre: bool = True
    sensitive: GradeRules = GradeRules()
    major: GradeRules = GradeRules()


class Production(Model):
    """What a story must be and who reviews it.

    Attributes:
        deadline_hours: from the accepted assignment to the filed story; a review is waited for as long.
        remind_hours: how long a review sheet lies before its reviewers are reminded of it.
        escalate_hours: how long before the campaign's owner is told; None for half of `deadline_hours`.
        min_chars: shortest text, in characters.
        max_image_mb: largest picture, in MiB.
        max_video_mb: largest video, in MiB.
        max_audio_mb: largest recording, in MiB.
        rounds: how often an edition's run takes stories in and puts them through the reviews; what is returned in the
            last round waits for a person.
        rework_hours: how long a returned story is waited for at least, from its return, until the next round.
        grading: what makes a story sensitive or a major topic.
    """

    deadline_hours: Annotated[Count, Field(le=720)] = 8
    remind_hours: Annotated[Count, Field(le=720)] = 4
    escalate_hours: Annotated[Count, Field(le=720)] | None = None
    min_chars: Annotated[Count, Field(le=10_000)] = 80
    max_image_mb: Annotated[Count, Field(le=200)] = 20
    max_video_mb: Annotated[Count, Field(le=4096)] = 500
    max_audio_mb: Annotated[Count, Field(le=1024)] = 100
    rounds: Annotated[Count, Field(le=5)] = 2
    rework_hours: Annotated[Count, Field(le=168)] = 2
    grading: Grading = Grading()
    reviews: Reviews

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Only what somebody wrote can be wrong: a short deadline does not make the default a fault."""
        mend = f"写小于 {self.deadline_hours} 的数，或放宽 deadline_hours"
        refuse(
            Fault(f"{name} {hours} 小时不早于审稿时限 {self.deadline_hours} 小时，赶不上提醒", mend, (key,))
            for key, name, hours in (
                ("remind_hours", "再次提醒", self.remind_hours),
                ("escalate_hours", "报请督办", self.escalate_hours),
            )
            if key in self.model_fields_set and hours is not None and hours >= self.deadline_hours
        )
        if self.grading.major.anything and not self.reviews.countersign:
            what = "写了重大选题的分级规则，却没有写签发的人"
            raise Faults(Fault(what, "在 reviews 里加一行 countersign: [人员标识, 人员标识]", ("grading", "major")))
        return self

    @property
    def rework(self) -> timedelta:
        """How long a returned story is waited for at least; nothing where no further round would review it."""
        return timedelta(hours=self.rework_hours) if self.rounds > 1 else timedelta()

    @property
    def escalate_after(self) -> timedelta:
        """How long a review sheet lies before the campaign's owner is told."""
        if self.escalate_hours is None:
            return timedelta(hours=self.deadline_hours) / 2
        return timedelta(hours=self.escalate_hours)
