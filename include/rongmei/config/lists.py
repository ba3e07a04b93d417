"""The lists that the centre keeps for the checks before review and for their grading: words, people, places, agencies.

Each is one file in `lists/` with an owner, who answers for it; `rongmei.config.load_lists` reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from rongmei.config.fields import Count, Day, Fault, Faults, Note, Slug, Term, Text, Word, refuse, repeated
from rongmei.config.models import Model

Reason = Annotated[Note, Field(min_length=1)]
"""Why, in 1–500 characters."""


class _Kept(Model):
    """What every list says of itself.

    Attributes:
        owner: id of the person of a cluster who answers for the list.
        source: where its entries are from.
    """

    owner: Slug
    updated: Day
    source: Note = ""


class WrongWord(Model):
    """A form that is wrong wherever it stands, unless within one of the exceptions."""

    wrong: Term
    right: Term
    exceptions: tuple[Term, ...] = Field((), alias="except")

    @model_validator(mode="after")
    def _makes_sense(self) -> WrongWord:
        refuse(_exception_faults(self.wrong, self.exceptions))
        if self.wrong == self.right:
            raise Faults(Fault(f"“{self.wrong}”的正误写得一样", "right 写正确的词", ("right",)))
        return self


class WrongWords(_Kept):
    """错别字与常见差错: only what can be decided without context."""

    words: tuple[WrongWord, ...]

    @model_validator(mode="after")
    def _once(self) -> WrongWords:
        refuse(repeated([word.wrong for word in self.words], "词", ("words",), ("wrong",)))
        return self


class SensitiveWord(Model):
    """A word that asks for a second look.

    Attributes:
        level: `forbidden` is not to be used (禁用), `careful` only where it is right (慎用); neither blocks.
        reason: what the reviewer is told.
    """

    word: Term
    level: Literal["forbidden", "careful"]
    reason: Reason
    exceptions: tuple[Term, ...] = Field((), alias="except")

    @model_validator(mode="after")
    def _makes_sense(self) -> SensitiveWord:
        refuse(_exception_faults(self.word, self.exceptions))
        return self


class SensitiveWords(_Kept):
    """敏感词: what the centre wants a reviewer to see."""

    words: tuple[SensitiveWord, ...]

    @model_validator(mode="after")
    def _once(self) -> SensitiveWords:
        refuse(repeated([entry.word for entry in self.words], "词", ("words",), ("word",)))
        return self


class Leader(Model):
    """A person in an office for a time; the same name may be listed again for another time.

    Attributes:
        title: several offices are joined by 、: 市委副书记、市长.
        also: further ways in which the title may be written before the name.
        since, until: days of the office, both included; without them it has no beginning or end.
        rank: 1 is named first; equal ranks may be named in any order.
    """

    name: Annotated[Term, Field(max_length=20)]
    title: Text
    also: tuple[Word, ...] = ()
    since: Day | None = None
    until: Day | None = None
    rank: Count

    @model_validator(mode="after")
    def _in_order(self) -> Leader:
        if self.since and self.until and self.until < self.since:
            raise Faults(Fault("任职的最后一天早于第一天", "核对 since 和 until", ("until",)))
        return self


class Leaders(_Kept):
    """领导姓名与职务."""

    people: tuple[Leader, ...]


class ListedPlace(Model):
    """A place as it is to be written.

    Attributes:
        wrong: forms that are met and are not right.
        exceptions: phrases in which a wrong form is another place and right.
    """

    full: Term
    short: Term | None = None
    wrong: tuple[Term, ...] = Field(min_length=1)
    exceptions: tuple[Term, ...] = Field((), alias="except")

    @model_validator(mode="after")
    def _right_is_not_wrong(self) -> ListedPlace:
        refuse(
            Fault(f"“{form}”既是正确写法又列为错误写法", "从 wrong 里删掉", ("wrong", position))
            for position, form in enumerate(self.wrong)
            if form in {self.full, self.short}
        )
        return self


class Places(_Kept):
    """地名: full and short names, and what they are mistaken for."""

    places: tuple[ListedPlace, ...]

    @model_validator(mode="after")
    def _once(self) -> Places:
        first: dict[str, str] = {}
        faults = []
        for position, place in enumerate(self.places):
            for number, form in enumerate(place.wrong):
                if form in first:
                    at = ("places", position, "wrong", number)
                    faults.append(Fault(f"“{form}”在“{first[form]}”下已经有了", "只留一处", at))
                first.setdefault(form, place.full)
        refuse(faults)
        return self


class Agency(Model):
    """A source of pictures.

    Attributes:
        also: further forms in which a credit names it; Latin ones are found as whole words.
        kind: `licence` may be used only with a contract, `unclear` says of no one whose the picture is (网络图片).
        licensed_until: last day of a contract that the centre has.
    """

    name: Term
    also: tuple[Term, ...] = ()
    kind: Literal["licence", "unclear"]
    licensed_until: Day | None = None


class Agencies(_Kept):
    """图片来源: whose pictures need a licence."""

    agencies: tuple[Agency, ...]

    @model_validator(mode="after")
    def _once(self) -> Agencies:
        refuse(repeated([agency.name for agency in self.agencies], "来源", ("agencies",), ("name",)))
        return self


class GradedWord(Model):
    """A word that lifts a story into a grade.

    Attributes:
        where: `text` anywhere in it, `topic` in its title, its digest or the title of its pitch only.
        reason: what the reviewer is told.
    """

    word: Term
    grade: Literal["sensitive", "major"]
    where: Literal["text", "topic"] = "text"
    reason: Reason
    exceptions: tuple[Term, ...] = Field((), alias="except")

    @model_validator(mode="after")
    def _makes_sense(self) -> GradedWord:
        refuse(_exception_faults(self.word, self.exceptions))
        return self


class Grades(_Kept):
    """分级: what the whole centre holds to be sensitive, or a major topic."""

    words: tuple[GradedWord, ...]

    @model_validator(mode="after")
    def _once(self) -> Grades:
        refuse(repeated([entry.word for entry in self.words], "词", ("words",), ("word",)))
        return self


@dataclass(frozen=True)
class Lists:
    """The lists that could be read; None for one that there is not, or that has errors.

    Attributes:
        unread: one Chinese clause for each list that is None: which check is left out, and why.
    """

    wrong_words: WrongWords | None = None
    leaders: Leaders | None = None
    places: Places | None = None
    sensitive_words: SensitiveWords | None = None
    agencies: Agencies | None = None
    grades: Grades | None = None
    unread: tuple[str, ...] = ()


FILES: Final[dict[str, tuple[type[_Kept], str]]] = {
    "wrong_words": (WrongWords, "错别字"),
    "leaders": (Leaders, "领导姓名与职务"),
    "places": (Places, "地名"),
    "sensitive_words": (SensitiveWords, "敏感词"),
    "agencies": (Agencies, "图片授权"),
    "grades": (Grades, "分级"),
}
"""Name of the file without `.yaml`, which is the attribute of `Lists` → its model and what it is called."""

AnyList = _Kept


def _exception_faults(term: str, exceptions: Sequence[str]) -> Iterator[Fault]:
    for position, phrase in enumerate(exceptions):
        if term not in phrase or term == phrase:
            mend = f"例外写成包含“{term}”的更长的词，例如“{term}”前后再带一个字"
            yield Fault(f"例外“{phrase}”里没有“{term}”，或与它相同", mend, ("except", position))
