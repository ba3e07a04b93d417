"""Where pitches and leads come from, and the words by which a campaign is noticed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rongmei.config.fields import Address, Count, Fault, Folder, Slug, Text, Word, refuse, repeated, unknown
from rongmei.config.models.base import BoardName, Model
from rongmei.errors import BadInput


def source_url(address: str, base: str | None) -> str:
    """Where a source is really fetched from.

    Args:
        address: from a feed or board source; a full URL is returned as it is.
        base: what paths are resolved against, the value of RONGMEI_SOURCES_BASE; None when it is not set.

    Raises:
        BadInput: the address is a path and there is no base.
    """
    if not address.startswith("/"):
        return address
    if not base:
        raise BadInput(
            "不知道接在哪个网址后面",
            where=f"来源地址 {address}",
            mend="设置环境变量 RONGMEI_SOURCES_BASE，或写完整网址",
        )
    return base.rstrip("/") + address


class Watch(Model):
    """The words by which the campaign is noticed in feeds and on boards.

    Attributes:
        keywords: what it is called.
        aliases: other spellings and longer names.
        places: place names that make a find local.
        exclusions: words that contain a keyword by accident, e.g. 乡村超市 contains 村超.
        ambiguous: those of the keywords and aliases that are also said elsewhere of something else (打工人, 长安镇);
            they count only together with a place, or in what our own newsrooms write.
    """

    keywords: Annotated[tuple[Word, ...], Field(min_length=1)]
    aliases: tuple[Word, ...] = ()
    places: tuple[Word, ...] = ()
    exclusions: tuple[Word, ...] = ()
    ambiguous: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        wanted = {*self.keywords, *self.aliases}
        refuse(
            [
                *repeated(self.keywords, "关键词", ("keywords",)),
                *repeated(self.aliases, "别名", ("aliases",)),
                *repeated(self.places, "地名", ("places",)),
                *repeated(self.exclusions, "排除词", ("exclusions",)),
                *repeated(self.ambiguous, "歧义词", ("ambiguous",)),
                *unknown(self.ambiguous, sorted(wanted), "关键词或别名", ("ambiguous",)),
                *(
                    Fault(f"排除词“{word}”同时是关键词或别名", "两处只留一处", ("exclusions", i))
                    for i, word in enumerate(self.exclusions)
                    if word in wanted
                ),
            ]
        )
        return self


class WorkbookSource(Model):
    """Pitches that arrive as workbooks in a folder under the inbox."""

    kind: Literal["workbook"]
    id: Slug
    name: Text
    inbox: Folder


class FeedSource(Model):
    """Leads from RSS or Atom feeds.

    Attributes:
        urls: http(s) URLs, or paths beginning with / that are resolved against the environment variable
            RONGMEI_SOURCES_BASE when they are fetched (a rehearsal points it at the sandbox).
        outlet: the outlet whose own feeds these are, if any.
    """

    kind: Literal["feed"]
    id: Slug
    name: Text
    urls: Annotated[tuple[Address, ...], Field(min_length=1)]
    outlet: Slug | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(repeated(self.urls, "地址", ("urls",)))
        return self


class BoardSource(Model):
    """Leads from a platform's hot-search list.

    Attributes:
        url: where the live board is read, like `FeedSource.urls`; None reads what the board watch has stored.
    """

    kind: Literal["board"]
    id: Slug
    name: Text
    board: BoardName
    url: Address | None = None


class MailboxSource(Model):
    """Pitches that outlets mail; the mailbox is the one that the environment variable RONGMEI_IMAP names.

    Attributes:
        words: only mails that have one of these in their subject or in a line 活动：… are for this campaign; none takes
            every mail, which is right when one campaign reads the mailbox.
    """

    kind: Literal["mailbox"]
    id: Slug
    name: Text
    words: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(repeated(self.words, "词", ("words",)))
        return self


class SubmissionsSource(Model):
    """Pitches that came in by the outlets' own form, and with `citizens` by the public one.

    Attributes:
        citizens: the public form (小记者, 市民投稿) is open for this campaign.
        moderators: ids of the people who look through what citizens send; none means the pitch meeting's members.
        moderation_hours: how long an edition waits for them before it goes on without.
    """

    kind: Literal["submissions"]
    id: Slug
    name: Text
    citizens: bool = False
    moderators: tuple[Slug, ...] = ()
    moderation_hours: Annotated[Count, Field(le=168)] = 2

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(repeated(self.moderators, "初筛人员", ("moderators",)))
        return self


Source = Annotated[
    WorkbookSource | FeedSource | BoardSource | MailboxSource | SubmissionsSource, Field(discriminator="kind")
]
OWN_SOURCE = "directive"
"""Where what the desk orders from above comes from; no source of a campaign may be called so."""
