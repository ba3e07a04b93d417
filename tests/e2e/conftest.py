"""The embedded stack for whole editions; sockets on the loopback interface are open here."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where one stack writes."""
    return tmp_path / "stack"
