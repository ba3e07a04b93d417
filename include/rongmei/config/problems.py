"""A problem in a configuration file, said so that the operator finds it and knows how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rongmei.errors import RongmeiError


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in one file.

    Attributes:
        file: as the operator knows it, e.g. `include/campaigns/cunchao.yaml`.
        line: counted from 1; 0 when the file as a whole is meant.
        path: way to the value, e.g. `pitching.meeting[0]`; empty when the text could not be read as YAML.
        message: what is wrong, in Chinese.
        mend: how to put it right, in Chinese.
    """

    file: str
    line: int
    path: str
    message: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        what = f"{self.path}：{self.message}" if self.path else self.message
        return f"{where}：{what}。改法：{self.mend}" if self.mend else f"{where}：{what}。"


class ConfigErrors(RongmeiError):
    """The configuration cannot be used; `problems` holds every reason, in order of file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        lines = "\n".join(str(problem) for problem in self.problems)
        super().__init__(f"配置有 {len(self.problems)} 处问题：\n{lines}")
