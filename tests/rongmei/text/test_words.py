"""Tests of word cutting."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rongmei.text import words
from rongmei.text.words import vocabulary


def test_own_words_are_cut_as_words() -> None:
    own = vocabulary(frozenset(("村超", "榕江")))
    assert "村超" in own.words("贵州村超，榕江开赛！")
    assert "，" not in own.words("贵州村超，榕江开赛！")


def test_one_vocabulary_per_set_and_no_word_leaks_into_another() -> None:
    assert vocabulary(frozenset(("村超",))) is vocabulary(frozenset(("村超",)))
    assert vocabulary().frequency("村超") == 0
    assert vocabulary(frozenset(("村超",))).frequency("村超") == words.OWN_WORD_FREQUENCY


def test_a_common_word_costs_less_than_a_rare_one() -> None:
    plain = vocabulary()
    assert plain.cost("中国") < plain.cost("超市") < plain.cost("没有这个词")


def test_loading_is_silent_and_leaves_no_handler() -> None:
    script = "from rongmei.text.words import vocabulary; vocabulary().cut('村超开赛')"
    include = Path(words.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", script],
        cwd=include,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert logging.getLogger("jieba").handlers == []


def test_importing_the_module_does_not_load_jieba() -> None:
    script = "import sys, rongmei.text.topics; sys.exit('jieba' in sys.modules)"
    include = Path(words.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", script], cwd=include, check=False, timeout=60).returncode == 0


def test_the_cache_folder_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words.tempfile, "gettempdir", lambda: str(tmp_path))
    folder = words._private_folder()
    assert folder is not None
    assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700


def test_a_cache_folder_that_others_may_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words.tempfile, "gettempdir", lambda: str(tmp_path))
    folder = words._private_folder()
    assert folder is not None
    Path(folder).chmod(0o777)
    assert words._private_folder() is None
    Path(folder).rmdir()
    (tmp_path / "elsewhere").mkdir()
    Path(folder).symlink_to(tmp_path / "elsewhere")
    assert words._private_folder() is None
