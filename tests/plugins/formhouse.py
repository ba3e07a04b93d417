"""A newsroom with its two forms open, and people in front of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from rongmei.access import Sealer, issue
from rongmei.config import load_campaign
from rongmei.ledger import Ledger, Submission
from rongmei.ledger.tables import Base
from rongmei.pitches.invitations import PITCH, SUBMISSION, Door
from rongmei.settings import PACKAGE_CONFIG
from rongmei_airflow.forms_app import PITCHES, SUBMISSIONS, Office, make_pitches, make_submissions
from rongmei_airflow.web import Turned

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
CAMPAIGN = "zhumeng_taxiang"
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


class House:
    """Forms over a ledger of their own; `now` is the time on every clock."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.user = folder, NOW, ""
        (folder / "ledger.db").write_bytes(_empty_ledger())
        self.ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}")
        self.sealer = Sealer(b"k" * 40)
        self.office = Office(
            self.ledger,
            folder / "media",
            self.sealer,
            plan_of=lambda campaign: load_campaign(PACKAGE_CONFIG, campaign),
            clock=lambda rehearsal: self.now,
            wall=lambda: self.now,
            who=self.who,
        )
        outer = Starlette()
        outer.mount(PITCHES, make_pitches(self.office))
        outer.mount(SUBMISSIONS, make_submissions(self.office))
        self.http = TestClient(outer, follow_redirects=False)

    async def who(self, request: Any) -> str:
        if not self.user:
            raise Turned(401)
        return self.user

    def token(self, purpose: str, *, outlet: str | None = None, door: Door | None = None, subject: str = "") -> str:
        """A link of 180 days."""
        with self.ledger.begin() as session:
            return issue(
                session,
                self.sealer,
                purpose,
                subject or (door or Door(CAMPAIGN, False)).subject,
                outlet=outlet,
                by="chen-ce",
                now=NOW,
                expires_at=NOW + timedelta(days=180),
            )

    def pitch_link(self, outlet: str = "humen") -> str:
        return f"{PITCHES}/?token={self.token(PITCH, outlet=outlet)}"

    def public_link(self) -> str:
        return f"{SUBMISSIONS}/?token={self.token(SUBMISSION)}"

    def form_id(self, link: str) -> str:
        """The hidden name of a form that was just opened; then time to fill it in goes by."""
        page = self.http.get(link)
        assert page.status_code == 200, page.text
        found = re.search(r'name="form" value="([^"]+)"', page.text)
        assert found
        self.now += timedelta(seconds=40)
        return found[1]

    def pitch(self, link: str, **fields: Any) -> Any:
        """Fill an outlet's form in and send it."""
        headers = fields.pop("headers", {})
        given = {"form": fields.pop("form", None) or self.form_id(link), "title": "打版师的一夜", **fields}
        return self.http.post(link, data=given, headers=headers)

    def idea(self, link: str, photos: list[Any] | None = None, **fields: Any) -> Any:
        """Fill the public form in and send it."""
        headers = fields.pop("headers", {})
        given = {
            "form": fields.pop("form", None) or self.form_id(link),
            "title": "巷口的修鞋摊",
            "body": "王师傅在巷口修鞋二十年，今天收了徒弟。",
            "age": "adult",
            "consent": "1",
            "website": "",
            **fields,
        }
        files = [("photos", one if isinstance(one, tuple) else (f"{n}.jpg", one)) for n, one in enumerate(photos or [])]
        return self.http.post(link, data=given, files=files or [("photos", ("", b""))], headers=headers)

    def rows(self) -> list[Submission]:
        with self.ledger.read() as session:
            return list(session.scalars(select(Submission).order_by(Submission.id)))


@cache
def _empty_ledger() -> bytes:
    """A file with the tables and nothing in them: copying it is ten times quicker than making it."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.db"
        ledger = Ledger(f"sqlite:///{file}")
        Base.metadata.create_all(ledger.engine)
        ledger.close()
        return file.read_bytes()


def jpeg(size: tuple[int, int] = (16, 12)) -> bytes:
    made = BytesIO()
    Image.new("RGB", size, "blue").save(made, "JPEG")
    return made.getvalue()
