"""Where things are: the data folder, the ledger's address, the configuration folder. All from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PACKAGE_CONFIG = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """What differs between two installations.

    Attributes:
        home: data folder (`RONGMEI_HOME`, default `.rongmei` in the working directory); holds inbox/, media/, …
        ledger_url: SQLAlchemy URL of the ledger (`RONGMEI_LEDGER`, default SQLite in `home`).
        config: folder with campaigns/, clusters/, appraisal/, lists/ (`RONGMEI_CONFIG`, default the shipped include/).
        sandbox_url: base URL of the platform sandbox that rehearsals publish to (`RONGMEI_SANDBOX`), or None.
        sources_base: base for relative source addresses (`RONGMEI_SOURCES_BASE`), or None.
        smtp_url: `smtp://[user:password@]host:port` for the command line (`RONGMEI_SMTP`), or None.
        imap_url: `imaps://user:password@host/folder` where outlets mail to (`RONGMEI_IMAP`), or None.
        base_url: where people outside reach Airflow's web server (`RONGMEI_BASE_URL`), or None: then mails carry no
            links to answer by.
    """

    home: Path
    ledger_url: str
    config: Path
    sandbox_url: str | None
    sources_base: str | None
    smtp_url: str | None
    base_url: str | None = None
    imap_url: str | None = None

    def inbox(self, *, rehearsal: bool) -> Path:
        """Drop folders: `pitches/<inbox of the source>/` and `stories/<outlet>/`. Rehearsals have their own."""
        return self.home / ("rehearsal/inbox" if rehearsal else "inbox")

    @property
    def media(self) -> Path:
        """Pictures by content hash, never changed once written."""
        return self.home / "media"

    @property
    def reports(self) -> Path:
        """Rendered reports, one folder an edition."""
        return self.home / "reports"

    def feeds(self, *, rehearsal: bool) -> Path:
        """RSS and Atom of what is live, to be served as it is: `<outlet>.atom.xml`, `campaigns/<campaign>.rss.xml` …

        Rehearsals have their own.
        """
        return self.home / ("rehearsal/feeds" if rehearsal else "feeds")

    def __repr__(self) -> str:
        # Addresses may carry passwords; a settings object may end up in a log.
        return f"Settings(home={str(self.home)!r}, config={str(self.config)!r})"


def load_settings() -> Settings:
    """Settings of this process, from the environment."""
    env = os.environ
    home = Path(env.get("RONGMEI_HOME") or ".rongmei").expanduser().resolve()
    return Settings(
        home=home,
        ledger_url=env.get("RONGMEI_LEDGER") or f"sqlite:///{home / 'ledger.db'}",
        config=Path(env.get("RONGMEI_CONFIG") or PACKAGE_CONFIG).expanduser().resolve(),
        sandbox_url=env.get("RONGMEI_SANDBOX") or None,
        sources_base=env.get("RONGMEI_SOURCES_BASE") or None,
        smtp_url=env.get("RONGMEI_SMTP") or None,
        base_url=env.get("RONGMEI_BASE_URL") or None,
        imap_url=env.get("RONGMEI_IMAP") or None,
    )


def rehearsal_by_default() -> bool:
    """Whether a run that does not say so is a rehearsal (`RONGMEI_REHEARSAL=1`, as in the embedded stack)."""
    return os.environ.get("RONGMEI_REHEARSAL", "").strip().lower() in {"1", "true", "yes", "on"}
