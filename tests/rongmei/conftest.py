"""Shared by the tests of the package's own modules: the shipped configuration, copied to where it may be broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rongmei.settings import PACKAGE_CONFIG


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the shipped configuration folder."""
    root = tmp_path / "include"
    for folder in ("campaigns", "clusters", "appraisal"):
        shutil.copytree(PACKAGE_CONFIG / folder, root / folder)
    return root
