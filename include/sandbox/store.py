"""The sandbox's memory: one SQLite file in WAL mode, every change committed before its answer is sent.

Platforms keep their things as JSON documents, so a new platform needs no new table; what is common to all of them —
published posts, counters, blobs, faults — has a table of its own. One connection behind one lock serves all threads:
requests are short and the sandbox never needs more.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
  platform TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL,
  created_at REAL NOT NULL, due_at REAL, body TEXT NOT NULL,
  PRIMARY KEY (platform, kind, id));
CREATE INDEX IF NOT EXISTS documents_by_account ON documents (platform, kind, account, created_at);
CREATE INDEX IF NOT EXISTS documents_by_due ON documents (platform, kind, due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS posts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  platform TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, followers INTEGER NOT NULL,
  title TEXT NOT NULL, text TEXT NOT NULL, path TEXT NOT NULL, position INTEGER NOT NULL,
  published_at REAL NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, sha256 TEXT NOT NULL, extra TEXT NOT NULL,
  UNIQUE (platform, id));
CREATE INDEX IF NOT EXISTS posts_by_account ON posts (platform, account, published_at);
CREATE TABLE IF NOT EXISTS attempts (
  platform TEXT NOT NULL, account TEXT NOT NULL, sha256 TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (platform, account, sha256));
CREATE TABLE IF NOT EXISTS calls (
  platform TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, account TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (platform, method, path, account));
CREATE TABLE IF NOT EXISTS blobs (sha256 TEXT PRIMARY KEY, mime TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Document:
    """A thing of one platform: ``kind`` and ``id`` name it, ``body`` is the platform's own JSON."""

    kind: str
    id: str
    account: str
    created_at: float
    body: Mapping[str, Any]
    due_at: float | None = None


@dataclass(frozen=True)
class Post:
    """Something published: what readers see, and what the audience reacts to. Times are epoch seconds."""

    platform: str
    id: str
    account: str
    followers: int
    title: str
    text: str
    path: str
    position: int
    published_at: float
    sha256: str
    deleted: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


def content_hash(title: str, text: str) -> str:
    """SHA-256 of ``title``, a newline and ``text`` in UTF-8 — how two publications are told to be the same."""
    return hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()


class Store:
    """All reading and writing. Call it inside ``transaction()`` when more than one statement belongs together."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._afterwards: list[Callable[[], None]] = []
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        # NORMAL survives a killed process, which is what is promised; only a power cut could lose the last commits.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested use joins the outer transaction."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                self._afterwards.clear()
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth -= 1
            due, self._afterwards = self._afterwards, []
        for work in due:
            work()

    def after_commit(self, work: Callable[[], None]) -> None:
        """Do this once the open transaction is committed, outside of it; never if it is rolled back."""
        self._afterwards.append(work)

    def _run(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # --- small values -------------------------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        rows = self._run("SELECT value FROM meta WHERE key = ?", key)
        return str(rows[0]["value"]) if rows else None

    def set_meta(self, key: str, value: str) -> None:
        self._run("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)

    def count_up(self, name: str, *, start: int = 1, step: int = 1) -> int:
        """The next value of a named counter; the first one is ``start``."""
        rows = self._run(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + ? RETURNING value",
            name,
            start,
            step,
        )
        return int(rows[0]["value"])

    def clear_counters(self, prefix: str) -> None:
        """Forget the counters whose name begins so."""
        self._run("DELETE FROM counters WHERE substr(name, 1, ?) = ?", len(prefix), prefix)

    # --- documents ----------------------------------------------------------------------------------------------

    def put(self, platform: str, document: Document) -> None:
        """Create or replace a document."""
        self._run(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
            platform,
            document.kind,
            document.id,
            document.account,
            document.created_at,
            document.due_at,
            json.dumps(document.body, ensure_ascii=False),
        )

    def get(self, platform: str, kind: str, document_id: str, *, account: str | None = None) -> Document | None:
        """One document, or None — also when it is another account's."""
        rows = self._run(
            "SELECT * FROM documents WHERE platform = ? AND kind = ? AND id = ?", platform, kind, document_id
        )
        found = _document(rows[0]) if rows else None
        return found if found and account in (None, found.account) else None

    def find(self, platform: str, kind: str, *, account: str | None = None) -> list[Document]:
        """All documents of a kind, newest first."""
        return [
            _document(row)
            for row in self._run(
                "SELECT * FROM documents WHERE platform = ? AND kind = ? AND (? IS NULL OR account = ?) "
                "ORDER BY created_at DESC, rowid DESC",
                platform,
                kind,
                account,
                account,
            )
        ]

    def due(self, platform: str, kind: str, now: float) -> list[Document]:
        """Documents whose time has come, oldest first."""
        return [
            _document(row)
            for row in self._run(
                "SELECT * FROM documents WHERE platform = ? AND kind = ? AND due_at <= ? ORDER BY due_at, rowid",
                platform,
                kind,
                now,
            )
        ]

    def delete(self, platform: str, kind: str, document_id: str) -> None:
        self._run("DELETE FROM documents WHERE platform = ? AND kind = ? AND id = ?", platform, kind, document_id)

    # --- published posts ----------------------------------------------------------------------------------------

    def publish(self, post: Post) -> None:
        """Put a post before the public; publishing the same platform id again replaces what is shown."""
        self._run(
            "INSERT INTO posts (platform, id, account, followers, title, text, path, position, published_at, deleted,"
            " sha256, extra) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (platform, id) DO UPDATE SET"
            " title = excluded.title, text = excluded.text, path = excluded.path, deleted = excluded.deleted,"
            " sha256 = excluded.sha256, extra = excluded.extra",
            post.platform,
            post.id,
            post.account,
            post.followers,
            post.title,
            post.text,
            post.path,
            post.position,
            post.published_at,
            int(post.deleted),
            post.sha256,
            json.dumps(dict(post.extra), ensure_ascii=False),
        )

    def mark_deleted(self, platform: str, post_id: str, *, deleted: bool = True) -> None:
        self._run("UPDATE posts SET deleted = ? WHERE platform = ? AND id = ?", int(deleted), platform, post_id)

    def post(self, platform: str, post_id: str) -> Post | None:
        rows = self._run("SELECT * FROM posts WHERE platform = ? AND id = ?", platform, post_id)
        return _post(rows[0]) if rows else None

    def posts(self, platform: str | None = None, account: str | None = None, since: float | None = None) -> list[Post]:
        """Published posts, deleted ones included, newest first. ``since`` is epoch seconds, inclusive."""
        return [
            _post(row)
            for row in self._run(
                "SELECT * FROM posts WHERE (? IS NULL OR platform = ?) AND (? IS NULL OR account = ?)"
                " AND (? IS NULL OR published_at >= ?) ORDER BY published_at DESC, seq DESC",
                platform,
                platform,
                account,
                account,
                since,
                since,
            )
        ]

    def note_attempt(self, platform: str, account: str, sha256: str) -> None:
        """Count one request that asked to publish this content, whether it was granted or refused."""
        self._run(
            "INSERT INTO attempts VALUES (?, ?, ?, 1)"
            " ON CONFLICT (platform, account, sha256) DO UPDATE SET count = count + 1",
            platform,
            account,
            sha256,
        )

    def attempts(self) -> dict[tuple[str, str, str], int]:
        """Publishing requests by (platform, account, content hash)."""
        return {
            (str(row["platform"]), str(row["account"]), str(row["sha256"])): int(row["count"])
            for row in self._run("SELECT * FROM attempts")
        }

    # --- calls, blobs, faults -----------------------------------------------------------------------------------

    def note_call(self, platform: str, method: str, path: str, account: str) -> None:
        self._run(
            "INSERT INTO calls VALUES (?, ?, ?, ?, 1)"
            " ON CONFLICT (platform, method, path, account) DO UPDATE SET count = count + 1",
            platform,
            method,
            path,
            account,
        )

    def calls(self) -> list[dict[str, Any]]:
        rows = self._run("SELECT * FROM calls ORDER BY platform, path, method, account")
        return [dict(row) for row in rows]

    def put_blob(self, mime: str, data: bytes) -> str:
        """Keep a file under its content hash, which is returned."""
        digest = hashlib.sha256(data).hexdigest()
        self._run("INSERT OR IGNORE INTO blobs VALUES (?, ?, ?)", digest, mime, data)
        return digest

    def blob(self, sha256: str) -> tuple[str, bytes] | None:
        rows = self._run("SELECT mime, data FROM blobs WHERE sha256 = ?", sha256)
        return (str(rows[0]["mime"]), bytes(rows[0]["data"])) if rows else None

    def add_fault(self, body: Mapping[str, Any]) -> int:
        rows = self._run("INSERT INTO faults (body) VALUES (?) RETURNING id", json.dumps(body))
        return int(rows[0]["id"])

    def update_fault(self, fault_id: int, body: Mapping[str, Any]) -> None:
        self._run("UPDATE faults SET body = ? WHERE id = ?", json.dumps(body), fault_id)

    def faults(self) -> list[tuple[int, dict[str, Any]]]:
        return [(int(row["id"]), json.loads(row["body"])) for row in self._run("SELECT * FROM faults ORDER BY id")]

    def delete_fault(self, fault_id: int) -> None:
        self._run("DELETE FROM faults WHERE id = ?", fault_id)


def _document(row: sqlite3.Row) -> Document:
    return Document(
        kind=row["kind"],
        id=row["id"],
        account=row["account"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        body=json.loads(row["body"]),
    )


def _post(row: sqlite3.Row) -> Post:
    return Post(
        platform=row["platform"],
        id=row["id"],
        account=row["account"],
        followers=row["followers"],
        title=row["title"],
        text=row["text"],
        path=row["path"],
        position=row["position"],
        published_at=row["published_at"],
        sha256=row["sha256"],
        deleted=bool(row["deleted"]),
        extra=json.loads(row["extra"]),
    )
