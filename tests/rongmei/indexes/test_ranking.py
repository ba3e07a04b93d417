import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.errors import BadInput
from rongmei.indexes import decode, find_index, rank_accounts
from rongmei.indexes.ranking import MAX_CHARS, MAX_ROWS

BCI = find_index("bci")
HEADER = "账号,发博数,转发数,评论数,点赞数\n"


def ranked(text, index=BCI):
    return [(row.place_words, row.account) for row in rank_accounts(index, text).rows]


def test_best_first_and_equals_share_a_place():
    lines = "虎门,10,5,5,5\n茶山,10,9,9,9\n石排,10,9,9,9\n厚街,1,0,0,0\n"
    assert ranked(HEADER + lines) == [("1", "石排"), ("1", "茶山"), ("3", "虎门"), ("4", "厚街")]


def test_what_is_not_certain_spans_places():
    lines = "甲,10,1000,1000,1000\n乙,10,1.0k,1000,1000\n丙,10,900,1000,1000\n丁,10,0,0,0\n"
    table = rank_accounts(BCI, HEADER + lines)
    assert [(row.place_words, row.account) for row in table.rows] == [
        ("1–2", "甲"),
        ("1–2", "乙"),
        ("3", "丙"),
        ("4", "丁"),
    ]
    assert table.rows[1].result.reasons == ("转发数是“1.0k”，按 950 到 1,099 次计",)


def test_a_missing_column_is_said_and_never_taken_as_zero():
    table = rank_accounts(BCI, "账号,转发数,评论数,点赞数,备注,备注\n甲,9,9,9,a,b\n乙,1,1,1,,\n")
    assert (table.missing, table.unused) == (("发博数",), ("备注", "备注"))
    assert all(row.result.value.high is None for row in table.rows)
    assert ranked("账号,转发数\n甲,9\n") == [("1", "甲")]


def test_a_bad_row_stays_with_its_reason_and_leaves_the_others_alone():
    lines = "甲,1,2,3,很多\n乙,1,2,3,-4\n,9,9,9,9\n丙,1,2,3,4,5\n丁\n\n  ,,,,\n戊,1,1,1,1,\n"
    table = rank_accounts(BCI, HEADER + lines)
    assert [(row.place_words, row.account) for row in table.rows] == [
        ("1", "（没有写账号）"),
        ("2", "戊"),
        ("—", "丁"),
        ("—", "甲"),
        ("—", "乙"),
        ("—", "丙"),
    ]
    problems = {row.account: row.problem for row in table.rows if row.result is None}
    assert problems["甲"].startswith("点赞数：“很多”看不懂是多少。改法：")
    assert "负数" in problems["乙"]
    assert "格数比表头多" in problems["丙"]
    assert table.rows[2].result.value.unknown


def test_names_from_outside_are_cleaned():
    table = rank_accounts(BCI, f"account,posts\n\u202e甲\x07\t乙{'长' * 100},1\n")
    (row,) = table.rows
    assert row.account.startswith("甲 乙长")
    assert len(row.account) <= 60


@pytest.mark.parametrize(
    "header", ["公众号,X1,X2,X3,X4", "name,POSTS,reposts,comments,likes", "点赞数,评论数,账号,发博数,转发数"]
)
def test_columns_by_any_of_their_names_in_any_order(header):
    values = {"公": "1,2,3,4,甲", "n": "1,2,3,4,甲", "点": "4,3,甲,1,2"}[header[0]]
    cells = values if header[0] == "点" else ",".join(["甲", *values.split(",")[:4]])
    (row,) = rank_accounts(BCI, f"{header}\n{cells}\n").rows
    assert row.result == BCI.compute(BCI.read({"posts": "1", "reposts": "2", "comments": "3", "likes": "4"}))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "没有数据"),
        (HEADER, "没有数据"),
        ("发博数,转发数\n1,2\n", "没有账号一列"),
        ("账号,阅读\n甲,2\n", "没有一列是 BCI"),
        ("账号,发博数,X1\n甲,1,2\n", "“发博数”有两列"),
        ('账号,发博数\n"甲' + "长" * 140_000 + '",1\n', "不是 CSV"),
        ("账号,发博数\n" + "甲,1\n" * (MAX_ROWS + 1), "超过 10,000 行"),
        ("长" * (MAX_CHARS + 1), "超过 5,000,000 个字符"),
    ],
    ids=["empty", "header", "account", "columns", "twice", "cell", "rows", "characters"],
)
def test_a_table_that_cannot_be_read(text, what):
    with pytest.raises(BadInput, match=what) as refused:
        rank_accounts(BCI, text)
    assert refused.value.mend


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_tables_as_people_save_them(encoding):
    assert decode((HEADER + "东莞发布,1,2,3,4\n").encode(encoding)) == HEADER + "东莞发布,1,2,3,4\n"


def test_what_is_no_text():
    with pytest.raises(BadInput, match="编码"):
        decode(b"\xff\xfe\x00\x01\x81")


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_every_order_that_is_possible_lies_within_the_places(spans):
    """Whatever is true inside the intervals, no account comes out of the places it was given."""
    lines = "".join(f"{number},0,0,0,{low}~{low + more}\n" for number, (low, more) in enumerate(spans))
    places = {row.account: row.place for row in rank_accounts(BCI, HEADER + lines).rows}
    for truth in ([low for low, _ in spans], [low + more for low, more in spans]):
        for number, value in enumerate(truth):
            best, worst = places[str(number)]
            assert best <= 1 + sum(other > value for other in truth) <= worst
