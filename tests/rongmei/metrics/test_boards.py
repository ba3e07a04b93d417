"""Archives of hot boards: the three forms, their quirks, bad rows, wrong files."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from rongmei.errors import BadInput
from rongmei.ledger import BoardEntry
from rongmei.ledger.boards import BoardLine, save_board_lines
from rongmei.metrics import boards, import_board

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("RONGMEI_SHARED", ROOT.parent / "shared")) / "data"
HOURLY = "date,hour,position,title,category,hot,ads,readCount,discussCount,origin,display_time,description"
DAILY = "date,first_seen_commit_time,last_band_rank,title,url"
MULTI = "platform,date,position_in_day_file,title,url_trimmed"
GOOD = "2024-06-01,09,1,村超开赛,体育  ,1865009,0,1910000000.0000002,12,3,1716209895,一场球"


@pytest.fixture
def file(tmp_path):
    def make(*lines, name="board.csv", encoding="utf-8", packed=False):
        path = tmp_path / name
        data = ("\n".join(lines) + "\n").encode(encoding)
        path.write_bytes(gzip.compress(data) if packed else data)
        return path

    return make


def stored(ledger):
    with ledger.read() as session:
        rows = session.scalars(select(BoardEntry).order_by(BoardEntry.id)).all()
        session.expunge_all()
        return rows


def count(ledger):
    with ledger.read() as session:
        return session.scalar(select(func.count()).select_from(BoardEntry))


class TestHourly:
    def test_a_row(self, ledger, file):
        summary = import_board(ledger, file(HOURLY, GOOD), board="weibo")
        assert (summary.read, summary.added, summary.bad) == (1, 1, 0)
        row = stored(ledger)[0]
        assert row.observed_at == datetime(2024, 6, 1, 1, 0, tzinfo=UTC)
        assert (row.board, row.position, row.title, row.category) == ("weibo", 1, "村超开赛", "体育")
        assert (row.heat, row.reads, row.discussions, row.originals) == (1865009, 1910000000, 12, 3)
        assert (row.is_ad, row.description) == (False, "一场球")

    def test_what_was_not_shown_is_not_known(self, ledger, file):
        import_board(ledger, file(HOURLY, "2024-06-01,9,2,广告,暂无,0,1,,,,1,"))
        row = stored(ledger)[0]
        assert (row.heat, row.reads, row.category, row.description, row.is_ad) == (None, None, None, None, True)

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("2024-13-01,9,1,t,,1,0,,,,1,", "日期或小时"),
            ("2024-06-01,25,1,t,,1,0,,,,1,", "日期或小时"),
            (",,1,t,,1,0,,,,1,", "日期或小时"),
            ("2024-06-01,9,0,t,,1,0,,,,1,", "名次不是正整数"),
            ("2024-06-01,9,,t,,1,0,,,,1,", "名次不是正整数"),
            ("2024-06-01,9,一,t,,1,0,,,,1,", "名次不是数字"),
            ("2024-06-01,9,1,  ,,1,0,,,,1,", "没有标题"),
            (f"2024-06-01,9,1,{'长' * 301},,1,0,,,,1,", "标题超过 300 字"),
            ("2024-06-01,9,1,t\x07t,,1,0,,,,1,", "控制字符"),
            ("2024-06-01,9,1,t,,很热,0,,,,1,", "热度不是数字"),
            ("2024-06-01,9,1,t,,-5,0,,,,1,", "热度不在"),
            ("2024-06-01,9,1,t,,inf,0,,,,1,", "热度不在"),
            ("2024-06-01,9,1,t,,1e300,0,,,,1,", "热度不在"),
            ("2024-06-01,9,1,t,,1,0,x,,,1,", "阅读数不是数字"),
            ("2024-06-01,9,1,t,,1,0,,,,1,a,b", "格数比表头多"),
        ],
    )
    def test_bad_rows_are_named_and_the_rest_comes_in(self, ledger, file, row, reason):
        other = GOOD.replace("09,1,", "10,1,")
        summary = import_board(ledger, file(HOURLY, GOOD, row, other))
        assert (summary.added, summary.bad) == (2, 1)
        assert summary.problems[0].row == 3
        assert reason in str(summary.problems[0])
        assert str(summary.problems[0]).startswith("第 3 行：")

    def test_problems_are_bounded(self, ledger, file):
        summary = import_board(ledger, file(HOURLY, *["2024-06-01,9,0,t,,1,0,,,,1,"] * 50))
        assert (summary.bad, len(summary.problems)) == (50, boards.MAX_PROBLEMS)

    def test_blank_lines_are_nothing(self, ledger, file):
        summary = import_board(ledger, file(HOURLY, "", GOOD, "", ""))
        assert (summary.added, summary.bad) == (1, 0)

    def test_quoted_line_breaks_do_not_shift_anything(self, ledger, file):
        quoted = GOOD.replace("一场球", '"一场,\n球"')
        summary = import_board(ledger, file(HOURLY, quoted, "2024-06-01,9,0,t,,1,0,,,,1,"))
        assert stored(ledger)[0].description == "一场,\n球"
        assert summary.problems[0].row == 3

    def test_rows_in_many_chunks_keep_their_numbers(self, ledger, file, monkeypatch):
        monkeypatch.setattr(boards, "CHUNK_ROWS", 2)
        rows = [GOOD.replace("09,1,", f"09,{number},") for number in range(1, 8)]
        rows[4] = rows[4].replace("2024", "twenty")
        rows[6] += ",too,many"
        summary = import_board(ledger, file(HOURLY, *rows))
        assert (summary.read, summary.added) == (7, 5)
        assert [problem.row for problem in summary.problems] == [6, 8]

    def test_every_row_too_long(self, ledger, file):
        summary = import_board(ledger, file(HOURLY, GOOD + ",x", GOOD + ",x"))
        assert (summary.added, summary.bad) == (0, 2)


def test_importing_again_adds_nothing(ledger, file):
    path = file(HOURLY, GOOD, GOOD, GOOD.replace("09,1,", "10,1,"))
    first = import_board(ledger, path)
    assert (first.read, first.added, first.known) == (3, 2, 1)
    again = import_board(ledger, path)
    assert (again.added, again.known, count(ledger)) == (0, 3, 2)


@pytest.mark.parametrize(
    ("name", "packed"), [("a.csv", False), ("a.csv.gz", True), ("gzipped.csv", True), ("a.gz", False)]
)
def test_packing_is_told_by_content_not_by_name(ledger, file, name, packed):
    assert import_board(ledger, file(HOURLY, GOOD, name=name, packed=packed)).added == 1


def test_a_byte_order_mark_is_no_column(ledger, file):
    assert import_board(ledger, file(HOURLY, GOOD, encoding="utf-8-sig")).added == 1


def test_daily_weibo(ledger, file):
    summary = import_board(
        ledger,
        file(
            DAILY,
            "2024-05-01,2024-05-01T04:14:15+08:00,,置顶,/weibo?q=1",
            "2024-05-01,2024-05-01T04:14:15+08:00,40,拜仁vs皇马,/weibo?q=2",
            "2024-05-01,,3,没有时间,/weibo?q=3",
            "2024-05-40,2024-05-01T04:14:15+08:00,3,坏日期,/weibo?q=3",
        ),
    )
    assert (summary.added, summary.bad) == (3, 1)
    pinned, ranked, undated = stored(ledger)
    assert (pinned.position, ranked.position) == (0, 40)
    assert ranked.observed_at == datetime(2024, 4, 30, 20, 14, 15, tzinfo=UTC)
    assert undated.observed_at == datetime(2024, 4, 30, 16, 0, tzinfo=UTC)
    assert ranked.heat is None


def test_daily_platforms(ledger, file):
    rows = ["微博,2024-05-01,1,一,", "知乎,2024-05-01,1,二,", "腾讯新闻,2024-05-01,1,三,", "哔哩哔哩,2024-05-01,9,四,"]
    path = file(MULTI, *rows)
    only = import_board(ledger, path, board="zhihu")
    assert (only.added, only.skipped) == (1, 3)
    every = import_board(ledger, path)
    assert (every.added, every.known, every.skipped) == (2, 1, 1)
    assert {row.board for row in stored(ledger)} == {"weibo", "zhihu", "bilibili"}
    assert {row.observed_at for row in stored(ledger)} == {datetime(2024, 4, 30, 16, 0, tzinfo=UTC)}


class TestWrongFiles:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "表头"),
            (b"a,b,c\n1,2,3\n", "表头"),
            ("date,hour,position,title,hot\n2024,1,1,村超,1\n".encode("gb18030"), "UTF-8"),
            (b"\x1f\x8b\x08\x00broken", "打不开"),
            (gzip.compress((HOURLY + "\n" + GOOD).encode() * 2000)[:200], "打不开"),
            (b"PK\x03\x04\xff\xfe", "UTF-8"),
            (b"date,date,hour,position,title,hot\n", "重复"),
            (b"\x00" * 500, "表头"),
        ],
    )
    def test_are_explained(self, ledger, tmp_path, content, words):
        path = tmp_path / "wrong.csv"
        path.write_bytes(content)
        with pytest.raises(BadInput, match=words) as caught:
            import_board(ledger, path)
        assert "wrong.csv" in str(caught.value)
        assert str(tmp_path) not in str(caught.value)

    def test_missing(self, ledger, tmp_path):
        with pytest.raises(BadInput, match="没有这个文件"):
            import_board(ledger, tmp_path / "none.csv")

    def test_a_folder(self, ledger, tmp_path):
        with pytest.raises(BadInput, match="打不开"):
            import_board(ledger, tmp_path)

    def test_another_board(self, ledger, file):
        with pytest.raises(BadInput, match="weibo 的热榜，不是 zhihu"):
            import_board(ledger, file(HOURLY, GOOD), board="zhihu")

    def test_no_such_board(self, ledger, file):
        with pytest.raises(BadInput, match="没有热榜“twitter”"):
            import_board(ledger, file(HOURLY, GOOD), board="twitter")


@given(cells=st.lists(st.text(max_size=30), min_size=12, max_size=14))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_stops_the_import(ledger, tmp_path, cells):
    """Whatever stands in a row, the row is taken, refused, or the file is explained; nothing else comes out."""
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    path = tmp_path / "odd.csv"
    path.write_bytes(f"{HOURLY}\n{line}\n{GOOD}\n".encode(errors="surrogatepass"))
    try:
        summary = import_board(ledger, path)
    except BadInput:
        return
    assert summary.added + summary.known + summary.bad + summary.skipped <= summary.read


def test_live_lines_are_stored_once(ledger):
    at = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
    lines = [BoardLine(1, "村超开赛", heat=5), BoardLine(2, "别的", is_ad=True)]
    with ledger.begin() as session:
        assert save_board_lines(session, "weibo", at, lines) == 2
        assert save_board_lines(session, "weibo", at, lines) == 0
        assert save_board_lines(session, "zhihu", at, lines[:1]) == 1
        assert save_board_lines(session, "zhihu", at, []) == 0
    assert [(row.board, row.observed_at, row.heat, row.is_ad) for row in stored(ledger)] == [
        ("weibo", at, 5, False),
        ("weibo", at, None, True),
        ("zhihu", at, 5, False),
    ]


def test_an_imported_moment_is_the_same_as_a_live_one(ledger, file):
    import_board(ledger, file(HOURLY, GOOD))
    with ledger.begin() as session:
        line = BoardLine(1, "村超开赛")
        assert save_board_lines(session, "weibo", datetime(2024, 6, 1, 1, 0, tzinfo=UTC), [line]) == 0
        found = session.scalars(select(BoardEntry).where(BoardEntry.observed_at == datetime(2024, 6, 1, 1, tzinfo=UTC)))
        assert len(found.all()) == 1


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "read", "skipped"),
    [
        ("weibo_hot_hourly/weibo_hourly_2024-05-20_to_2024-06-30.csv.gz", 48_994, 0),
        ("weibo_hot_daily/weibo_hot_2024-05_to_2024-08.csv.gz", 48_144, 0),
        ("multi_board_daily/multi_2024-05_to_2024-08.csv.gz", 120_649, 6_323),
    ],
)
def test_real_archives(ledger, name, read, skipped):
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"the shared data is not here: {name}")
    summary = import_board(ledger, path)
    assert (summary.read, summary.skipped, summary.bad) == (read, skipped, 0)
    assert summary.added == count(ledger) == read - skipped
    with ledger.read() as session:
        floats = session.scalars(select(BoardEntry.reads).where(BoardEntry.reads == 1_910_000_000)).all()
    assert bool(floats) == ("hourly" in name)


class TestHourlyZhihu:
    HEADER = "snapshot_commit_time,rank,question_id,title,metrics_text,answer_count,trend,item_epoch"

    def test_a_look_with_heat_in_words_answers_and_sponsored_lines(self, ledger, file):
        rows = (
            "2024-06-01T04:09:08+08:00,1,657735875,怎么看村超？,1181.5 万热度,1449,0,1717186146.9",
            "2024-06-01T04:09:08+08:00,2,657778531,一门课,盐选推荐,,0,1717186146.9",
        )
        assert import_board(ledger, file(self.HEADER, *rows)).added == 2
        first, second = stored(ledger)
        assert (first.board, first.position, first.heat, first.discussions, first.is_ad) == (
            "zhihu",
            1,
            11_815_000,
            1449,
            False,
        )
        # To the minute, so that a look is one look whatever second it was written down.
        assert first.observed_at == datetime(2024, 5, 31, 20, 9, tzinfo=UTC)
        assert (second.heat, second.discussions, second.is_ad) == (None, None, True)

    @pytest.mark.parametrize(
        "row", ["gestern,1,6,怎么看？,1 万热度,1,0,1", "2024-06-01T04:09:08+08:00,0,6,怎么看？,,1,0,1"]
    )
    def test_bad_rows_are_named(self, ledger, file, row):
        assert import_board(ledger, file(self.HEADER, row)).bad == 1
