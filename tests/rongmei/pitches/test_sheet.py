import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rongmei.errors import BadInput
from rongmei.ledger import Lead
from rongmei.ledger.boards import BoardLine, save_board_lines
from rongmei.pitches import collect, meeting, shortlist
from rongmei.pitches.sheet import escape

HOSTILE = "</td><script>alert(1)</script> | `x` **b** [a](http://evil) ![i](http://evil/i.png) <img src=x> &lt; ~~s~~"


def shown(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)


def test_the_sheet_lists_pitches_with_reasons_and_options(ledger, plan, key, pitch, now):
    first = pitch(
        key, "石龙村超决赛今晚打响", outlet="shilong", column="live", channels=["wechat", "weibo"], place="石龙"
    )
    pitch(key, "石龙村超决赛今晚打响", ref="b", outlet="humen", submitted_at=now + timedelta(minutes=1))
    shortlist(ledger, plan, key, now=now)
    sheet = meeting(ledger, plan, key)
    assert sheet.subject == "【选题会】村超比赛日 2026-06-06"
    (row,) = [line for line in sheet.body.splitlines() if line.startswith("| 1 |")]
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert cells[1] == f"#{first}"
    assert "**石龙村超决赛今晚打响**（赛场直击，石龙）" in cells[2]
    assert cells[3] == "石龙融媒体中心；联合报题：虎门融媒体中心"
    assert re.fullmatch(r"\*\*\d+\.\d\*\*", cells[4])
    assert re.search(r"契合 [\d.]+（标题点题", cells[5])
    assert all(re.search(rf"{name} \d+\.\d", cells[5]) for name in ("新闻价值", "热度", "本地", "时效"))
    assert cells[6] == "微信公众号、微博"
    assert [(option.pitch_id, option.label) for option in sheet.options] == [
        (first, f"#{first} 石龙融媒体中心｜石龙村超决赛今晚打响")
    ]
    assert "热榜上没有与本活动有关的话题" in sheet.body
    assert f"最多采用 **{sheet.most}** 条" in sheet.body


def test_every_number_of_the_score_is_told_and_adds_up(ledger, plan, key, pitch, now):
    for n in range(3):
        pitch(key, f"村超第 {n + 1} 场揭幕战，球迷 {n + 1} 万人", place="石龙镇", submitted_at=now - timedelta(hours=n))
    shortlist(ledger, plan, key, now=now)
    body = meeting(ledger, plan, key).body
    assert "满分 100 = 新闻价值 25 + 热度 20 + 契合 20 + 本地 15 + 以往表现 10 + 时效 10" in body
    section = body.partition("## 得分明细")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| #")]
    assert len(rows) == 3
    for _, *terms, total, variety, rank in rows:
        points = [float(term.split("\u3000")[0]) for term in terms]
        assert sum(points) == pytest.approx(float(total.strip("*")), abs=0.31)
        lost = float(variety.split("（")[0]) if variety[0] == "-" else 0.0
        assert float(total.strip("*")) + lost == pytest.approx(float(rank.strip("*")), abs=0.11)
    assert [row[-2].split("（")[0] for row in rows] == ["没有扣分", "-13", "-26"]
    assert "多样性 -13（前面已有同一媒体或来源 1 条，前面已有同一地点 1 条）" in body


def test_labels_are_short_and_unique(ledger, plan, key, pitch, now):
    for n in range(4):
        pitch(key, f"{'很长的题目' * 20}{n}第{n}轮", outlet=("dongcheng", "shilong", "humen", "dongguan-daily")[n])
    shortlist(ledger, plan, key, now=now)
    labels = [option.label for option in meeting(ledger, plan, key).options]
    assert len(set(labels)) == len(labels) == 4
    assert all(len(label) <= 60 for label in labels)


def test_the_boards_leads_are_listed_with_rank_heat_and_time(ledger, plan, key, settings, now):
    with ledger.begin() as session:
        lines = [BoardLine(3, "村超|决赛<b>", heat=123456), BoardLine(12, "品牌助力村超", heat=9, is_ad=True)]
        save_board_lines(session, "weibo", now - timedelta(hours=1), lines)
        session.add(
            Lead(
                campaign="other",
                source="weibo-board",
                ref="x",
                title="别的活动",
                evidence={},
                first_seen_at=now,
                last_seen_at=now,
            )
        )
    bare = plan.campaign.sources[2].model_copy(update={"url": None})
    plan = plan._replace(campaign=plan.campaign.model_copy(update={"sources": (bare,)}))
    collect(ledger, plan, key, "weibo-board", settings=settings, now=now)
    body = meeting(ledger, plan, key).body
    assert r"| 村超\|决赛&lt;b&gt; | 微博热搜 | 第 3 位 | 123,456 | 6月6日 17:00 | 命中「村超」" in body
    assert "【推广位】品牌助力村超" in body
    assert "别的活动" not in body


def test_hostile_text_stays_text(ledger, plan, key, pitch, now):
    pitch(key, f"村超 {HOSTILE}"[:200], place="`|<i>")
    shortlist(ledger, plan, key, now=now)
    html = shown(meeting(ledger, plan, key).body)
    assert not re.search(r"<(script|img|a|code|del|i|b)\b", html)
    first, *_ = [line for line in html.split("<tr>")[2:] if "村超" in line]
    assert first.partition("</tr>")[0].count("<td") == 7


@given(st.text(max_size=120))
def test_escaped_text_reads_as_it_was_and_keeps_its_cell(text):
    from html import unescape

    from rongmei.text.normalise import clean_line

    html = shown(f"| a |\n|---|\n| 甲{escape(text)}乙 |\n")
    cells = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    assert [unescape(cell) for cell in cells] == [f"甲{clean_line(text)}乙"]


def test_reading_the_sheet_changes_nothing_and_an_empty_one_has_no_options(ledger, plan, key, dump):
    before = dump()
    sheet = meeting(ledger, plan, key)
    assert sheet.options == ()
    assert "没有入围的选题" in sheet.body
    assert dump() == before


def test_an_unknown_edition_says_so(ledger, plan):
    with pytest.raises(BadInput, match="没有期次"):
        meeting(ledger, plan, "cunchao/1999-01-01")
