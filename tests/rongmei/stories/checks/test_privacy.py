"""隐私: numbers and addresses to be masked, minors who could be told."""

from __future__ import annotations

from typing import Any

import pytest

# The example of GB 11643-1999 itself.
IDENTITY = "11010519491231002X"


def test_an_identity_number_is_told_without_repeating_it(found: Any) -> None:
    [finding] = found(f"身份证号是{IDENTITY}。")
    assert (finding.code, finding.group) == ("id_number", "privacy")
    assert IDENTITY not in finding.message
    assert "110***************" in finding.message


@pytest.mark.parametrize(
    "number",
    [
        "110105194912310021",
        "110105194913310020",
        "订单 620105194912310029",
        "1101051949123100200",
        "A11010519491231002XB",
    ],
)
def test_other_long_numbers_are_no_identity_numbers(codes: Any, number: str) -> None:
    assert codes(f"编号{number}。") == []


def test_no_finding_repeats_a_piece_of_another_number(found: Any) -> None:
    findings = found(f"身份证号{IDENTITY}，电话13812345678。")
    assert [finding.code for finding in findings] == ["id_number", "phone_number"]
    assert not any(piece in finding.message for finding in findings for piece in ("002X", "5678", "1010"))


@pytest.mark.parametrize("number", ["13812345678", "138 1234 5678", "138-1234-5678"])
def test_private_mobile_numbers(found: Any, number: str) -> None:
    [finding] = found(f"联系李某：{number}。")
    assert finding.code == "phone_number"
    assert number not in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "咨询电话：13812345678",
        "24 小时热线 13812345678",
        "0769-22223333",
        "尾号 5678",
        "总额 13812345678901 元",
        "共 12812345678 元",
    ],
)
def test_public_and_other_numbers(codes: Any, text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize("text", ["家住东城街道花园新村3栋2单元的老人", "住址：东城区胜利路18号", "住在花园路6号楼"])
def test_home_addresses(codes: Any, text: str) -> None:
    assert codes(text) == ["home_address"]


@pytest.mark.parametrize("text", ["家住东城街道的老人", "会场设在胜利路18号", "住在2号线附近的村民"])
def test_addresses_that_are_no_homes(codes: Any, text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "10岁的张小明是东城小学三年级学生。",
        "东城小学三年级学生陈小丽（9岁）说，她很高兴。",
        "今年12岁的李晓华就读于东莞中学初中部。",
        "张小明同学今年10岁，在东城中心小学读书。",
        "10岁球员张小明（东城小学三年级学生）进了3球。",
    ],
)
def test_a_minor_by_name_age_and_school(found: Any, text: str) -> None:
    [finding] = found(text)
    assert (finding.code, finding.group) == ("minor", "privacy")
    assert "监护人同意" in finding.message
    assert "某”或化名" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "东城小学三年级学生陈小丽（化名，9岁）说。",
        "10岁的小明是东城小学三年级学生。",
        "10岁的张某某是东城小学三年级学生。",
        "东城小学三年级学生陈小丽说。",
        "10岁的张小明说，他很高兴。",
        "20岁的张小明毕业于东莞中学。",
        "学校为6岁以上儿童开放，万人参加。",
        "校长张小明说，学校有10岁的学生。",
    ],
)
def test_who_cannot_be_told_is_left_alone(codes: Any, text: str) -> None:
    assert codes(text) == []
