"""Reading YAML that people edit: values, lines, and every way of being broken or hostile."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rongmei.config import yamlfile
from rongmei.config.yamlfile import MAX_BYTES, Mistake, UnreadableError, every, parse_yaml, read_yaml


def mistake(text: str) -> Mistake:
    with pytest.raises(UnreadableError) as caught:
        parse_yaml(text)
    return caught.value.mistake


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12", 12),
        ("-3", -3),
        ("0.25", 0.25),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        # YAML 1.1 would make these 1080, False, a date, 8 and infinity.
        ("18:00", "18:00"),
        ("no", "no"),
        ("2026-06-06", "2026-06-06"),
        ("010", "010"),
        (".inf", ".inf"),
        ('"12"', "12"),
        ("'true'", "true"),
        ("1" * 5000, "1" * 5000),
        ("[07:30, a]", ["07:30", "a"]),
        ("{b: 1}", {"b": 1}),
    ],
)
def test_plain_values(written: str, read: object) -> None:
    value = parse_yaml(f"a: {written}").data["a"]
    assert value == read
    assert type(value) is type(read)


def test_every_value_knows_its_line() -> None:
    document = parse_yaml("a: 1\nb:\n  - x\n  - c: 2\n    d:\n      - 3\ne: >\n  long\n  text\nf:\n  4\n")
    lines = {at: document.line_of(at) for at in [("a",), ("b",), ("b", 1), ("b", 1, "d", 0), ("e",), ("f",)]}
    assert lines == {("a",): 1, ("b",): 2, ("b", 1): 4, ("b", 1, "d", 0): 6, ("e",): 7, ("f",): 11}


def test_the_line_of_a_missing_value_is_that_of_what_should_hold_it() -> None:
    document = parse_yaml("a:\n  b: 1\nc: []\n")
    assert document.line_of(("a", "x", "y")) == 1
    assert document.line_of(("c", 4)) == 3


def test_an_alias_stands_for_its_value() -> None:
    document = parse_yaml("a: &x [1, 2]\nb: *x\n")
    assert document.data == {"a": [1, 2], "b": [1, 2]}
    assert document.line_of(("b",)) == 2


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a:\n\tb: 1", 2, "制表符（Tab）"),
        ("a:\n  b: 1\n\tc: 2", 3, "制表符（Tab）"),
        ("\ta: 1", 1, "制表符（Tab）"),
        ("id: x\nname：东莞\nk: 1", 2, "全角冒号"),
        ("a: 1\nb: c: d", 2, "多余的冒号"),
        ("a: 1\nb\nc: 2", 2, "缺少冒号"),
        ("a:\n    b: 1\n  c: 2", 3, "缩进不对"),
        ("a: [1, 2\nb: 3", 2, "方括号"),
        ('a: 1\nb: "x\nc: 2', 2, "引号没有配对"),
        ("a: 1\nb: @x", 2, "特殊符号"),
        ('a: "\\q"', 1, "反斜杠"),
        ("a: 1\nb: *x", 2, "没有对应的"),
        ("a: &x [*x]", 1, "引用了自己"),
        ("a: 1\n---\nb: 2", 2, "几份文档"),
        ("? [a]\n: b", 1, "键不能是"),
        ("a: &x k\n*x : 1", 2, "键不能是"),
        ("a: 1\nb: \x00", 2, "控制字符"),
        ("a: 1\nb: x\u2028y", 2, "控制字符"),
        ("- a\n- b", 1, "最外层"),
        ("东莞", 1, "最外层"),
        ("", 0, "空的"),
        ("# 只有注释\n", 0, "空的"),
        ("%YAML 3.0\n---\na: 1", 1, "不合 YAML"),
    ],
)
def test_text_that_is_not_what_it_should_be(text: str, line: int, said: str) -> None:
    wrong = mistake(text)
    assert said in wrong.message
    assert wrong.line == line
    assert wrong.mend


def test_the_slow_reader_says_the_same_of_tabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamlfile, "_LOADER", yaml.SafeLoader)
    assert mistake("a:\n\tb: 1").message == "用了制表符（Tab）缩进"
    assert parse_yaml("a: {b: [1, x]}").data == {"a": {"b": [1, "x"]}}


def test_a_tab_inside_a_text_is_fine() -> None:
    assert parse_yaml('a: "x\ty"').data == {"a": "x\ty"}


def test_repeated_keys_tags_and_merges_are_all_told_at_once() -> None:
    text = "a: 1\nb: 2\na: 3\nc: !!python/object/apply:os.system [ls]\nd: &d {x: 1}\ne:\n  <<: *d\n"
    document = parse_yaml(text)
    assert [(m.line, m.message) for m in document.mistakes] == [
        (3, "“a”写了两次，第一次在第 1 行"),
        (4, "不支持标签“tag:yaml.org,2002:python/object/apply:os.system”"),
        (7, "不支持用 << 合并"),
    ]
    assert document.data["a"] == 1
    assert document.data["e"] == {}


def test_an_anchor_bomb_is_refused_quickly() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    begun = perf_counter()
    wrong = mistake("\n".join(layers))
    assert "展开引用后超过" in wrong.message
    assert wrong.line == 5
    assert perf_counter() - begun < 1


def test_aliases_cannot_nest_deeper_than_brackets_may() -> None:
    layers = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60)]
    assert "嵌套超过" in mistake("\n".join(layers)).message


@pytest.mark.parametrize(
    ("opening", "said"), [("[", "嵌套超过"), ("{a: ", "嵌套超过"), ("- ", "嵌套超过"), ("? ", "键不能是")]
)
def test_deep_nesting_neither_crashes_nor_hangs(opening: str, said: str) -> None:
    # libyaml's own composer overflows the C stack on this and kills the process.
    assert said in mistake(f"a:\n  {opening * 100_000}").message


def test_a_file_is_bounded_in_size(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    file.write_bytes(b"a: " + b"x" * MAX_BYTES)
    with pytest.raises(UnreadableError, match="超过 1 MB"):
        read_yaml(file)


@pytest.mark.parametrize(
    ("raw", "line", "said"),
    [
        ("id: x\nname: 东莞\n".encode("gbk"), 2, "像是 GBK"),
        ("id: x\n".encode("utf-16"), 0, "像是 UTF-16"),
        (b"id: x\nname: \xff\xff\xff\n", 2, "不是 UTF-8 编码"),
    ],
)
def test_other_encodings_are_named(tmp_path: Path, raw: bytes, line: int, said: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(raw)
    with pytest.raises(UnreadableError, match=said) as caught:
        read_yaml(file)
    assert caught.value.mistake.line == line


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + "id: x\r\nname:\r\n  a: 东莞\r\n".encode())
    document = read_yaml(file)
    assert document.data == {"id": "x", "name": {"a": "东莞"}}
    assert document.line_of(("name", "a")) == 3


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="打不开"):
        read_yaml(tmp_path / "none.yaml")


@given(st.text(alphabet=" \n\t:-[]{}&*!|>'\"%@`#?,a1é东：\x00\u2028~<", max_size=60))
def test_any_text_is_either_read_or_refused_with_a_mend(text: str) -> None:
    try:
        document = parse_yaml(text)
    except UnreadableError as error:
        wrong = error.mistake
    else:
        assert isinstance(document.data, dict)
        return
    assert wrong.message
    assert wrong.mend
    assert 0 <= wrong.line <= text.count("\n") + 1


def test_every_follows_stars_through_lists_and_mappings() -> None:
    data = {"a": [{"b": 1}, {"c": 2}, {"b": 3}], "d": {"x": [4], "y": "no list"}}
    assert list(every(data, ("a", "*", "b"))) == [(("a", 0, "b"), 1), (("a", 2, "b"), 3)]
    assert list(every(data, ("d", "*", "*"))) == [(("d", "x", 0), 4)]
    assert list(every(data, ("missing", "*"))) == []
