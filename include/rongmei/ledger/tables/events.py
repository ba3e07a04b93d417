"""Event logs: who moved a thing, when, from where to where, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from rongmei.ledger.tables.base import Base


class EventColumns:
    """Who moved a thing, when, from where to where, and why. Rows are only ever added."""

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column("who", String(64))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class PitchEvent(EventColumns, Base):
    """The life of a pitch."""

    __tablename__ = "pitch_event"
    thing_id: Mapped[int] = mapped_column(ForeignKey("pitch.id"), index=True)


class AssignmentEvent(EventColumns, Base):
    """The life of an assignment."""

    __tablename__ = "assignment_event"
    thing_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)


class StoryEvent(EventColumns, Base):
    """The life of a story."""

    __tablename__ = "story_event"
    thing_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)


class PublicationEvent(EventColumns, Base):
    """The life of a publication."""

    __tablename__ = "publication_event"
    thing_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), index=True)
