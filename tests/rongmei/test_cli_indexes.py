"""`rongmei metrics index`: what it prints, with the version beside every figure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rongmei import cli
from rongmei.cli import common

WEEK = ("天数=7", "篇数=28", "总阅读数=70000", "总在看数=700", "总点赞数=1400", "头条阅读数=35000", "头条在看数=350",
        "头条点赞数=700", "最高阅读数=12000", "最高在看数=120", "最高点赞数=240")  # fmt: skip


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs `rongmei metrics index …` in this process: (exit code, what it printed, its errors)."""
    monkeypatch.setattr(common.out, "_width", 250)
    monkeypatch.setattr(common.err, "_width", 250)

    def play(*arguments: str, inputs: tuple[str, ...] = ()) -> tuple[object, str, str]:
        given = [word for one in inputs for word in ("--input", one)]
        monkeypatch.setattr(sys, "argv", ["rongmei", "metrics", "index", *arguments, *given])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return play


def test_all_of_them_are_listed_with_their_source(run) -> None:
    code, out, _ = run()
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert "WCI V14.2（含转发）" in lines["wci-14.2-forwards"]
    assert "〔非官方〕" in lines["dci"]
    assert "〔非官方〕" not in lines["bci"]


def test_one_says_what_it_needs(run) -> None:
    code, out, _ = run("bci-7")
    assert code == 0
    assert out.splitlines()[0] == "BCI 七项〔非官方〕"
    assert "原创微博转发数  original_reposts   X5    次" in out
    assert "没有核实" in out.splitlines()[-1]


def test_an_account_with_its_arithmetic(run) -> None:
    code, out, _ = run("wci-14.2", inputs=WEEK)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "WCI V14.2（不含转发）：883.10"
    assert "· 整体传播力 O  =0.85*LN(70000/7+1)+0.09*LN(10*700/7+1)+0.06*LN(10*1400/7+1)" in out
    assert "(60%×O+20%×A+10%×H+10%×P)²×1.2×10" in out
    assert "883.097180" in out
    assert lines[-1].startswith("出处：清博指数使用说明页（gsdata.cn/site/usage-1） V14.2")


def test_what_is_not_given_makes_an_interval(run) -> None:
    _, out, _ = run("wci-14.2", inputs=(*WEEK[:2], "总阅读数=7万", *WEEK[3:5], *WEEK[6:]))
    lines = out.splitlines()
    assert lines[0].startswith("WCI V14.2（不含转发）：")
    assert " 到 " in lines[0]
    assert lines[1] == "  · 总阅读数是“7万”，按 65,000 到 79,999 次计"
    assert lines[2] == "  · 头条阅读数没有给，按 0 到 79,999 次计"
    low, high = [line for line in lines if "· 头条传播力 H" in line]
    assert "=0.85*LN(0/7+1)" in low
    assert "=0.85*LN(79999/7+1)" in high


def test_a_table_of_accounts(run, tmp_path: Path) -> None:
    file = tmp_path / "账号.csv"
    lines = ["账号,发博数,转发数,评论数,点赞数,备注", "[red]虎门,100,1000,800,5000,", "茶山,9,9,,9,", "石排,9,9,9,多,"]
    file.write_bytes("\n".join(lines).encode("gb18030"))
    code, out, _ = run("bci", "--csv", str(file))
    assert code == 0
    table = [line.split() for line in out.splitlines()]
    version = ["BCI", "登记版（浙江数据知识产权登记", "75574）"]
    assert table[0] == ["微博传播指数", *version]
    assert table[1] == ["名次", "账号", "BCI", "版本", "说明"]
    assert table[2] == ["1–2", "[red]虎门", "1,061.77", *version]
    assert table[3] == ["1–2", "茶山", "至少", "250.52", *version, "没有给，也推不出范围：评论数"]
    assert table[4][:3] == ["—", "石排", "—"]
    assert table[4][3:6] == version
    assert "没有用到的列：备注" in out
    assert "3 个账号，2 个有名次" in out


@pytest.mark.parametrize(
    ("arguments", "inputs", "words"),
    [
        (("wci",), (), "没有指数“wci”"),
        (("bci",), ("发博数",), "没有等号"),
        (("bci",), ("发博数=1", "发博数=2"), "写了两次"),
        (("bci",), ("发博数=1", "posts=2"), "写了两次"),
        (("bci",), ("粉丝=1",), "不用“粉丝”"),
        (("bci",), ("发博数=-1",), "发博数：“-1”是负数"),
        (("wci-14.2",), ("头条阅读数=9", "总阅读数=8"), "头条阅读数比总阅读数还多"),
        (("wci-14.2",), ("天数=0",), "天数：0 天，算不出指数"),
        (("bci", "--csv", "没有.csv"), (), "没有.csv：没有这个文件"),
        (("bci", "--csv", "/"), (), "打不开"),
        (("bci", "--csv", "a.csv"), ("发博数=1",), "不能同时写"),
    ],
)
def test_a_mistake_is_one_chinese_paragraph(run, arguments, inputs, words) -> None:
    code, out, err = run(*arguments, inputs=inputs)
    assert (code, out) == (1, "")
    assert err.startswith("没有成功：")
    assert words in err
    assert "改法：" in err
    assert len(err.strip().splitlines()) == 1


def test_a_file_that_is_too_large(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rongmei.cli.results.MAX_FILE_BYTES", 1_000_000)
    file = tmp_path / "large.csv"
    file.write_bytes(b"x" * 1_000_001)
    _, _, err = run("bci", "--csv", str(file))
    assert "large.csv：大于 1 MB" in err
