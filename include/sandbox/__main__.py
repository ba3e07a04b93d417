"""The command line: ``python -m sandbox --port 8600 --state DIR``, and ``python -m sandbox credentials ID``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.app import open_world
from sandbox.seed import load_seed
from sandbox.server import serve


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["credentials"]:
        return _credentials(given[1:])
    return _serve(given)


def _serve(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Stand in for the publishing platforms.",
        epilog="`python -m sandbox credentials ID` prints an account's credentials as JSON.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8600, help="0 takes a free port")
    parser.add_argument("--state", type=Path, required=True, help="directory that keeps everything")
    parser.add_argument("--seed", type=Path, help="a seed file instead of the shipped one")
    parser.add_argument("--port-file", type=Path, help="write the port here once it listens")
    parser.add_argument(
        "--public-url", help="where people open the pages; without it links lead to where the caller reached it"
    )
    options = parser.parse_args(arguments)
    world = open_world(options.state, load_seed(options.seed), public_url=options.public_url)
    try:
        serve(world, host=options.host, port=options.port, port_file=options.port_file)
    finally:
        world.store.close()
    return 0


def _credentials(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox credentials")
    parser.add_argument("id", help="an outlet's id")
    parser.add_argument("--seed", type=Path, help="a seed file instead of the shipped one")
    options = parser.parse_args(arguments)
    seed = load_seed(options.seed)
    found = {
        name: dict(platform.accounts[options.id].credentials)
        for name, platform in seed.platforms.items()
        if options.id in platform.accounts
    }
    if not found:
        sys.stderr.write(f"no account {options.id} in the seed\n")
        return 1
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
