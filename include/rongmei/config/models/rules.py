"""A rule set for editions."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from rongmei.config.fields import LongText, Ratio, Slug, Text, not_one, refuse
from rongmei.config.models.base import Model


class RuleSet(Model):
    """A frozen version of the appraisal rules.

    Attributes:
        weights: how much each dimension counts (spread, engagement, delivery, collaboration); they add up to 1.
    """

    id: Slug
    name: Text
    version: Text
    description: LongText = ""
    weights: Annotated[dict[Slug, Ratio], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(not_one(self.weights))
        return self
