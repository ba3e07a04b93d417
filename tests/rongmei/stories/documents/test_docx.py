"""Word documents as newsrooms send them: what becomes of their forms, titles, pictures, tables and changes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from rongmei.stories.documents import read_document
from rongmei.stories.draft import Draft
from rongmei.stories.head import Unfit
from rongmei.stories.markdown import plain

NAME = "稿件.docx"


def read(word: Any, name: str = NAME, beside: tuple[str, ...] = ()) -> Draft:
    return read_document(word.bytes(), name, beside).draft


def test_a_form_at_the_top_is_the_head(blank_word: Any, sentence: str) -> None:
    word = blank_word()
    word.line("东城区融媒体中心发稿单", "Heading 2")
    word.table(
        [
            ["任务", "12", "栏 目", "战报"],
            ["标题", "东城夺冠", "作者", "张三、李四"],
            ["编辑", "王五", "标签", "村超；东城"],
        ]
    )
    word.line(sentence)
    draft = read(word)
    assert (draft.assignment, draft.title, draft.author, draft.column) == (12, "东城夺冠", "张三、李四", "战报")
    assert draft.tags == ("村超", "东城")
    assert draft.body == f"### 东城区融媒体中心发稿单\n\n{sentence}"
    assert draft.kind == "Word 文档"
    assert "开头表格里的“编辑”用不上，没有收" in draft.notes


def test_lines_at_the_top_are_the_head_in_either_language(blank_word: Any, sentence: str) -> None:
    word = blank_word()
    for line in (
        "东城夺冠",
        "Assignment: 12　作者：张三",
        "摘　要：一句话",
        "人工智能生成：是",
        "解禁：2026-06-06 18:00",
    ):
        word.line(line, "Title" if line == "东城夺冠" else None)
    word.line("渠道标题：微博：夺冠了！；抖音：冠军")
    word.line("服务卡：标题：预约看球；链接：https://example.com/a?b=1；权益：领票")
    word.line(sentence)
    word.line("标题：这一行是正文")
    draft = read(word)
    assert (draft.assignment, draft.title, draft.author, draft.digest) == (12, "东城夺冠", "张三", "一句话")
    assert draft.ai_generated
    assert draft.extras.titles == {"weibo": "夺冠了！", "douyin": "冠军"}
    assert draft.extras.card is not None
    assert (draft.extras.card.title, draft.extras.card.link) == ("预约看球", "https://example.com/a?b=1")
    assert draft.extras.embargo is not None
    assert draft.body == f"{sentence}\n\n标题：这一行是正文"


@pytest.mark.parametrize("style", ["Heading 1", "Title", None])
def test_the_first_heading_is_the_title_and_the_file_name_has_the_number(
    blank_word: Any, sentence: str, style: str | None
) -> None:
    word = blank_word()
    word.line("东城夺冠", style, centred=style is None)
    word.line(sentence)
    word.line("九十分钟", "Heading 2")
    draft = read(word, "12 东城夺冠.docx")
    assert (draft.assignment, draft.title) == (12, "东城夺冠")
    assert draft.body == f"{sentence}\n\n### 九十分钟"
    assert "任务编号 12 取自文件名" in draft.notes


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("12 东城夺冠.docx", 12),
        ("012_东城.docx", 12),
        ("任务12东城.docx", 12),
        ("#12、东城.docx", 12),
        ("12-东城.docx", 12),
        ("１２　东城.docx", 12),
        ("12.docx", 12),
        ("12 东城夺冠/稿件.docx", 12),
        ("3-2 东城胜.docx", 0),
        ("2 比 1.docx", 0),
        ("6月6日战报.docx", 0),
        ("20260606 战报.docx", 0),
        ("2026年村超.docx", 0),
        ("3.5万人.docx", 0),
        ("东城 12.docx", 0),
    ],
)
def test_numbers_that_begin_file_names(blank_word: Any, sentence: str, name: str, number: int) -> None:
    word = blank_word()
    word.line("东城夺冠", "Title")
    word.line(sentence)
    if number:
        assert read(word, name).assignment == number
    else:
        with pytest.raises(Unfit, match="没有任务编号"):
            read(word, name)


def test_what_is_missing_is_told_with_the_way_to_add_it(blank_word: Any, sentence: str) -> None:
    word = blank_word()
    word.line(sentence)
    word.line("作者：不在开头")
    with pytest.raises(Unfit) as caught:
        read(word)
    told = str(caught.value)
    assert "文档开头：没有任务编号。改法：在文档最前面写一行“任务：12”" in told
    assert "文档开头：没有标题。改法：在文档最前面写一行“标题：……”，或者把题目那一段设成“标题 1”样式" in told


def test_wrong_fields_are_told_by_their_names(word: Any, sentence: str) -> None:
    word.line("标题：东城夺冠")
    word.line("标题：又一个")
    word.line("解禁：明天")
    word.line("人工智能生成：也许")
    word.line(sentence)
    with pytest.raises(Unfit) as caught:
        read(word)
    told = str(caught.value)
    for part in (
        "“标题”写了两次",
        "文档开头“解禁”：解禁时间“明天”看不懂",
        "文档开头“人工智能生成”：“人工智能生成”写的是“也许”",
    ):
        assert part in told


def test_pictures_in_the_document_have_their_captions_and_credits(word: Any, shot: Any, sentence: str) -> None:
    word.line("标题：东城夺冠")
    word.line(sentence)
    word.picture(shot("red"), "IMG_2024.png")
    word.line("图1：东城队捧杯（本报记者 张三 摄）", centred=True)
    word.picture(shot("blue"), "球迷挥旗")
    word.line("比赛结束后，球迷久久不愿离去。")
    draft = read(word)
    assert [(p.alt, p.credit) for p in draft.pictures] == [("图1：东城队捧杯", "张三"), ("球迷挥旗", "")]
    assert [one.data for one in draft.embedded] == [shot("red"), shot("blue")]
    assert [one.name for one in draft.embedded] == [picture.name for picture in draft.pictures]
    assert draft.body.split("\n\n") == [
        sentence,
        f"![图1：东城队捧杯]({draft.pictures[0].name})",
        f"![球迷挥旗]({draft.pictures[1].name})",
        "比赛结束后，球迷久久不愿离去。",
    ]


@pytest.mark.parametrize(
    ("caption", "alt", "credit"),
    [
        ("▲ 东城队捧杯。记者 王五 摄", "东城队捧杯", "王五"),
        ("图为东城夺冠 张三 摄", "图为东城夺冠", "张三"),
        ("东城夺冠（全媒体记者 张三 李四 摄）", "东城夺冠", "张三 李四"),
        ("图：东城夺冠，张三、李四摄", "东城夺冠", "张三、李四"),
        ("东城夺冠 东城区融媒体中心供图", "东城夺冠", "东城区融媒体中心"),
        ("东城夺冠（图/张三）", "东城夺冠", "张三"),
        ("图3：东城夺冠", "图3：东城夺冠", ""),
        ("张三 摄", "张三 摄", ""),
    ],
)
def test_captions_and_who_took_the_picture(
    word: Any, shot: Any, sentence: str, caption: str, alt: str, credit: str
) -> None:
    word.line("标题：东城夺冠")
    word.picture(shot())
    word.line(caption, centred=True)
    word.line(sentence)
    draft = read(word)
    assert [(p.alt, p.credit) for p in draft.pictures] == [(alt, credit)]
    assert draft.body.endswith(f"\n\n{sentence}")


def test_pictures_laid_out_in_a_table_are_pictures(word: Any, shot: Any, sentence: str) -> None:
    word.line("标题：东城夺冠")
    word.line(sentence)
    table = word.table([["", ""], ["捧杯", "挥旗"]])
    for cell, colour in zip(table.rows[0].cells, ("red", "blue"), strict=True):
        cell.paragraphs[0].add_run().add_picture(BytesIO(shot(colour)))
    draft = read(word)
    assert [p.alt for p in draft.pictures] == ["捧杯", "挥旗"]
    assert "|" not in draft.body


def test_the_same_picture_twice_is_kept_once(word: Any, shot: Any, sentence: str) -> None:
    word.line("标题：东城夺冠")
    word.picture(shot())
    word.line(sentence)
    word.picture(shot())
    assert len(read(word).embedded) == 1


def test_lists_tables_and_bold(word: Any, sentence: str) -> None:
    word.line("标题：东城夺冠")
    paragraph = word.line("")
    for text, bold in (
        ("记者从", False),
        ("“东", True),
        ("城”", True),
        ("获悉：", False),
        ("三万人", True),
        ("到场。", False),
    ):
        paragraph.add_run(text).bold = bold
    word.line(sentence)
    word.line("甲队", "List Bullet")
    word.line("乙队", "List Bullet")
    word.line("先看", "List Number")
    word.line("再说", "List Number")
    word.table([["队", "分|数"], ["东城", "3"]])
    body = read(word).body
    assert "记者从“**东城**”获悉：**三万人**到场。" in body
    assert "- 甲队\n- 乙队\n1. 先看\n2. 再说" in body
    assert "| 队 | 分\\|数 |\n|---|---|\n| 东城 | 3 |" in body


def test_changes_are_accepted_and_comments_dropped(word: Any) -> None:
    word.line("标题：东城夺冠")
    word.raw(
        "<w:p><w:r><w:t>东城队以</w:t></w:r><w:del><w:r><w:delText>二</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>三</w:t></w:r></w:ins><w:r><w:t>比一</w:t><w:commentReference w:id='0'/></w:r>"
        "<w:moveFrom><w:r><w:t>移走</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>取胜</w:t></w:r></w:moveTo></w:p>"
    )
    word.raw("<w:p><w:pPr><w:rPr><w:del w:id='9'/></w:rPr></w:pPr><w:r><w:t>这一段</w:t></w:r></w:p>")
    word.line("和下一段连在一起。")
    draft = read(word)
    assert draft.body == "东城队以三比一取胜\n\n这一段和下一段连在一起。"
    assert "文档里有 5 处修订，按全部接受处理：增加的保留，删掉的不要" in draft.notes
    assert "文档里有 1 条批注，没有收；批注要说的请在系统里说" in draft.notes


def test_deleted_rows_merged_cells_and_nested_tables(word: Any) -> None:
    word.line("标题：东城夺冠")
    cell = "<w:tc>{}<w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    wide = cell.format("<w:tcPr><w:gridSpan w:val='2'/></w:tcPr>", "积分榜")
    kept = cell.format("", "东城") + cell.format("", "3")
    gone = f"<w:tr><w:trPr><w:del w:id='1'/></w:trPr>{kept}</w:tr>"
    inner = f"<w:tc><w:tbl><w:tr>{kept}</w:tr></w:tbl><w:p/></w:tc>{cell.format('', '里')}"
    word.raw(f"<w:tbl><w:tr>{wide}</w:tr><w:tr>{kept}</w:tr>{gone}<w:tr>{inner}</w:tr></w:tbl>")
    draft = read(word)
    assert draft.body == "| 积分榜 |  |\n|---|---|\n| 东城 | 3 |\n| 东城 3 | 里 |"
    assert any("表格套在表格里" in note for note in draft.notes)


def test_text_boxes_hidden_words_and_soft_breaks(word: Any) -> None:
    word.line("标题：东城夺冠")
    box = "<w:pict><w:txbxContent><w:p><w:r><w:t>框里的话</w:t></w:r></w:p></w:txbxContent></w:pict>"
    word.raw(
        f"<w:p><w:r><w:t>上一行</w:t><w:br/><w:t>下一行</w:t>{box}</w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>藏起来的</w:t></w:r></w:p>"
    )
    word.line("最后一段")
    draft = read(word)
    assert draft.body == "上一行\n\n下一行\n\n框里的话\n\n最后一段"
    assert any("文本框" in note for note in draft.notes)
    assert any("隐藏文字" in note for note in draft.notes)


def test_footnotes_stand_at_the_end(packed: Any, part: Any, relations: Any) -> None:
    note = '<w:footnote w:id="2"><w:p><w:r><w:t>来源：统计局</w:t></w:r></w:p></w:footnote>'
    raw = packed(
        {
            "word/document.xml": part('<w:p><w:r><w:t>三万人</w:t><w:footnoteReference w:id="2"/></w:r></w:p>'),
            "word/footnotes.xml": part("").replace("w:document", "w:footnotes").replace("<w:body>", note + "<w:body>"),
            "word/_rels/document.xml.rels": relations(
                '<Relationship Id="f" Type="KINDS/footnotes" Target="footnotes.xml"/>'
            ),
        }
    )
    assert read_document(raw, NAME).draft.body == "三万人［注 1］\n\n注 1：来源：统计局"


def test_links_lead_only_where_readers_may_go(packed: Any, part: Any, relations: Any) -> None:
    link = '<w:p><w:hyperlink r:id="{}"><w:r><w:t>{}</w:t></w:r></w:hyperlink></w:p>'
    targets = {"a": "https://example.com/a_b(c)", "b": "javascript:alert(1)", "c": "file:///etc/passwd"}
    raw = packed(
        {
            "word/document.xml": part("".join(link.format(key, key) for key in targets)),
            "word/_rels/document.xml.rels": relations(
                "".join(
                    f'<Relationship Id="{key}" Type="KINDS/hyperlink" Target="{to}" TargetMode="External"/>'
                    for key, to in targets.items()
                )
            ),
        }
    )
    assert read_document(raw, NAME).draft.body == "[a](https://example.com/a_b%28c%29)\n\nb\n\nc"


def test_headings_numbered_in_chinese_keep_their_numbers(packed: Any, part: Any, relations: Any) -> None:
    level = '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
    numbering = f'<w:abstractNum w:abstractNumId="7">{level}</w:abstractNum>'
    numbering += '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
    line = (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>{}</w:t></w:r></w:p>'
    )
    raw = packed(
        {
            "word/document.xml": part(line.format("起因") + line.format("经过")),
            "word/numbering.xml": part("")
            .replace("w:document", "w:numbering")
            .replace("<w:body>", numbering + "<w:body>"),
            "word/_rels/document.xml.rels": relations(
                '<Relationship Id="n" Type="KINDS/numbering" Target="numbering.xml"/>'
            ),
        }
    )
    assert read_document(raw, NAME).draft.body == "一、起因\n\n二、经过"


def test_a_missing_part_is_no_reason_to_refuse(packed: Any, part: Any, relations: Any, sentence: str) -> None:
    """WPS leaves relationships to parts that are not there ("NULL"), and lists of styles that it never wrote."""
    raw = packed(
        {
            "word/document.xml": part(
                f'<w:p><w:r><w:drawing><a:blip r:embed="p"/></w:drawing><w:t>{sentence}</w:t></w:r></w:p>'
            ),
            "word/_rels/document.xml.rels": relations(
                '<Relationship Id="p" Type="KINDS/image" Target="NULL"/>'
                '<Relationship Id="s" Type="KINDS/styles" Target="styles.xml"/>'
            ),
        }
    )
    draft = read_document(raw, NAME).draft
    assert draft.body == sentence
    assert "文档里有 1 张图片的文件缺失，没有收" in draft.notes


def test_a_strict_document_is_read(packed: Any, part: Any, sentence: str) -> None:
    strict = part(f"<w:p><w:r><w:t>{sentence}</w:t></w:r></w:p>").replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert read_document(packed({"word/document.xml": strict}), NAME).draft.body == sentence


def test_lines_that_name_files_beside_the_text_are_pictures(word: Any, sentence: str) -> None:
    word.line("标题：东城夺冠")
    word.line("图片：捧杯.jpg、现场 (2).png")
    word.line(sentence)
    word.line("【图：捧杯.jpg】")
    word.line("图1：东城队捧杯 张三 摄")
    word.line("（图2）")
    draft = read(word, beside=("捧杯.jpg", "2.jpg", "球迷（李四 摄）.jpeg", "集锦.mp4", "采访.mp3", "说明.xlsx"))
    assert [(p.name, p.alt, p.credit) for p in draft.pictures] == [
        ("捧杯.jpg", "图1：东城队捧杯", "张三"),
        ("2.jpg", "", ""),
        ("现场 (2).png", "", ""),
        ("球迷（李四 摄）.jpeg", "球迷", "李四"),
    ]
    assert [video.name for video in draft.videos] == ["集锦.mp4"]
    assert [audio.name for audio in draft.audios] == ["采访.mp3"]
    assert any("没有在文中提到，随稿收下" in note for note in draft.notes)


def test_words_stay_words(word: Any) -> None:
    word.line("标题：东城夺冠")
    for line in (
        "# 不是标题",
        "1. 不是列表",
        "- 也不是",
        "> 不是引用",
        "<script>alert(1)</script>",
        "![x](a.jpg)",
        "a_b_ *c*",
        "---",
    ):
        word.line(line)
    draft = read(word)
    assert draft.pictures == ()
    assert plain(draft.body).replace("\n", "") == (
        "# 不是标题1. 不是列表- 也不是> 不是引用<script>alert(1)</script>![x](a.jpg)a_b_ *c*---"
    )
