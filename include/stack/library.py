"""The material of the played newsrooms as it stands in the YAML files of `material/`, and what a place is known for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from rongmei.config import Cluster, Outlet

FOLDER = Path(__file__).with_name("material")
GENERAL = "general"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Character(_Model):
    """What a place is known for, in words that fit into a sentence."""

    town: str
    food: str
    landmark: str
    industry: str
    pride: str


class Idea(_Model):
    """A pitch of the library.

    Attributes:
        outlet: id of the outlet that proposes it; "" in the general material, where any outlet may.
        about: id of the outlet whose place it is about, where that is another one.
        column: id of the column, "" for any.
        theme: which prose suits it.
        titles: taken in turn, round by round.
        detail: the paragraph that only this story has.
    """

    outlet: str = ""
    about: str = ""
    column: str
    theme: str
    place: str = ""
    titles: tuple[str, ...]
    summary: str
    detail: str = ""


class Theme(_Model):
    """Prose for one kind of story; `scenes` are the cover and the picture in the text."""

    scenes: tuple[str, str]
    openings: tuple[str, ...]
    subs: tuple[str, ...]
    bodies: tuple[str, ...]
    quotes: tuple[str, ...]


class Service(_Model):
    """A service that a story may carry a card for."""

    title: str
    link: str
    benefit: str = ""


class Library(_Model):
    """One file of material.

    Attributes:
        unit: what a round is called: 轮, 期.
        fallback: theme for pitches that are not from this library.
        closings: last paragraphs by column id.
        details: for pitches that have no detail of their own.
        supplements: what a returned story gains when it is revised.
        services: given to stories in turn, on addresses that lead nowhere.
    """

    unit: str
    fallback: str = GENERAL
    pitches: tuple[Idea, ...]
    themes: Mapping[str, Theme]
    closings: Mapping[str, tuple[str, ...]]
    details: tuple[str, ...] = ()
    supplements: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()


@lru_cache
def load_library(name: str) -> Library:
    """The material of a campaign; the general one for a campaign without its own."""
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        path = FOLDER / f"{GENERAL}.yaml"
    return Library.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@lru_cache
def load_characters() -> Mapping[str, Character]:
    """What each outlet's place is known for, by outlet id."""
    raw = yaml.safe_load((FOLDER / "outlets.yaml").read_text(encoding="utf-8"))
    return {outlet: Character.model_validate(fields) for outlet, fields in raw.items()}


def general() -> Library:
    """What suits any campaign."""
    return load_library(GENERAL)


def character(outlet: Outlet) -> Character:
    """What the outlet's place is known for; from its own configuration when nobody wrote it down."""
    known = load_characters().get(outlet.id)
    if known:
        return known
    return Character(
        town=outlet.name.removesuffix("融媒体中心"),
        food="街坊小吃",
        landmark=outlet.regions[-1],
        industry=outlet.beats[0],
        pride=f"一说起{outlet.beats[-1]}就停不下来的劲头",
    )


def team(outlet: Outlet) -> str:
    """The name of the place's football team: 东城街道队."""
    return f"{outlet.regions[0]}队"


def rival(cluster: Cluster, outlet_id: str, number: int) -> str:
    """Whom the team of an outlet's place meets in a round (circle method: everybody meets everybody in turn)."""
    towns = [outlet for outlet in cluster.outlets if outlet.kind == "town"]
    if len(towns) < 2:
        return "联队"
    ids = [town.id for town in towns]
    mine = ids.index(outlet_id) if outlet_id in ids else 0
    if len(towns) % 2:
        towns.append(towns[mine])
    fixed, turning = 0, list(range(1, len(towns)))
    shift = number % len(turning)
    order = [fixed, *turning[shift:], *turning[:shift]]
    seat = order.index(mine)
    other = towns[order[len(order) - 1 - seat]]
    return "邀请队" if other.id == towns[mine].id else team(other)
