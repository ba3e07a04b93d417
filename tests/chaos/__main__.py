"""`python -m tests.chaos`: exactly once, with processes that die; one JSON line for each database.

300 publications go out on seven platforms that lose answers, answer nonsense, and are killed; the publishing processes
are killed all the while. Afterwards nothing may be out twice, nothing lost, nothing left in `sending`.

The seed decides the faults and the moments of the kills; what a kill meets is up to the machine.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chaos.storm import Orders, Outcome, Storm
from tests.conftest import databases, postgres

DATABASES = ("sqlite", "postgresql")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the storms; 1 when one of them did harm or was too mild."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--publications", type=int, default=300)
    parser.add_argument("--kills", type=int, default=100, help="of publishing processes, at least")
    parser.add_argument("--sandbox-kills", type=int, default=20)
    parser.add_argument("--publishers", type=int, default=2, help="publishing processes at a time")
    parser.add_argument("--seed", type=int, help="of an earlier run, to have its faults again")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, help="both without; one named here must be there")
    parser.add_argument("--folder", type=Path, help="keep everything that is written in this new folder")
    given = parser.parse_args(arguments)
    if given.folder is not None and given.folder.exists():
        parser.error(f"{given.folder} is there already")
    # Whoever ends the run ends its processes too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    orders = Orders(given.publications, given.kills, given.sandbox_kills, given.publishers, seed)
    good = True
    with _folder(given.folder) as folder:
        for database in given.databases or DATABASES:
            good &= _one(database, folder / database, orders, needed=bool(given.databases))
    return int(not good)


def _one(database: str, folder: Path, orders: Orders, *, needed: bool) -> bool:
    """One storm; prints its line and says whether all is well."""
    folder.mkdir(parents=True)
    with _ledger_url(database, folder) as url:
        if url is None:
            _print({"name": "chaos", "database": database, "skipped": "no PostgreSQL server programs here"})
            return not needed
        started = time.monotonic()
        outcome = Storm(folder, url, orders).run()
        figures = _figures(outcome, database, orders.seed, time.monotonic() - started)
    _print(figures)
    for complaint in [*outcome.verdict.complaints, *outcome.crashes]:
        sys.stderr.write(f"{database}: {complaint}\n")
    return not any(figures[name] for name in ("duplicates", "lost", "sending", "crashes")) and (
        outcome.kills >= orders.kills and outcome.sandbox_kills >= orders.sandbox_kills
    )


def _figures(outcome: Outcome, database: str, seed: int, seconds: float) -> dict[str, Any]:
    verdict = outcome.verdict
    return {
        "name": "chaos",
        "database": database,
        "publications": outcome.publications,
        "kills": outcome.kills,
        "sandbox_kills": outcome.sandbox_kills,
        "duplicates": verdict.duplicates,
        "lost": verdict.lost,
        "sending": verdict.states["sending"],
        "unknown": verdict.states["unknown"],
        "failed": verdict.states["failed"],
        "live": verdict.states["live"],
        "interrupted": outcome.interrupted,
        "strikes": outcome.strikes,
        "crashes": len(outcome.crashes),
        "seconds": round(seconds, 1),
        "seed": seed,
    }


@contextmanager
def _ledger_url(database: str, folder: Path) -> Iterator[str | None]:
    """The address of an empty ledger; None where there is no such server."""
    if database == "sqlite":
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    with postgres() as server:
        if server is None:
            yield None
            return
        with databases(server) as make:
            yield make()


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="rongmei-chaos-") as folder:
        yield Path(folder)


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
