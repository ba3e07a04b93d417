"""The front matter and body of filed texts, friendly and hostile."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.errors import BadInput
from rongmei.stories.draft import check_name, read_draft
from rongmei.stories.head import Unfit


def text(head: str, body: str = "正文") -> bytes:
    return f"---\n{head}\n---\n{body}\n".encode()


GOOD = "assignment: 12\ntitle: 东城夺冠"


def test_english_keys_are_read() -> None:
    draft = read_draft(
        text(
            "assignment: 12\ntitle: 东城夺冠\nauthor: 张三\ndigest: 摘要\ncolumn: match\ntags: [村超, 东城]\n"
            "ai_generated: true\ncover: 封面.jpg\nimages:\n"
            "  - {file: 封面.jpg, alt: 捧杯, credit: 李四}\n  - 另一张.png",
            "看图 ![进球](%E8%BF%9B%E7%90%83.jpg)",
        )
    )
    assert (draft.assignment, draft.title, draft.author, draft.digest) == (12, "东城夺冠", "张三", "摘要")
    assert (draft.column, draft.tags, draft.ai_generated) == ("match", ("村超", "东城"), True)
    assert [(p.role, p.name, p.alt, p.credit) for p in draft.pictures] == [
        ("cover", "封面.jpg", "捧杯", "李四"),
        ("body", "进球.jpg", "进球", ""),
        ("body", "另一张.png", "", ""),
    ]


def test_chinese_keys_and_full_width_colons_are_read() -> None:
    head = "任务：１２\n标题:东城夺冠\n作者： 张三\n摘要：一句话\n栏目：战报\n标签：村超、东城\n"
    head += "人工智能生成：是\n封面：a.jpg\n图片：\n  - 文件：b.jpg\n    说明:捧杯\n视频：c.mp4"
    draft = read_draft(text(head))
    assert (draft.assignment, draft.title, draft.author, draft.column) == (12, "东城夺冠", "张三", "战报")
    assert draft.tags == ("村超", "东城")
    assert draft.ai_generated
    assert [(picture.name, picture.alt) for picture in draft.pictures] == [("a.jpg", ""), ("b.jpg", "捧杯")]
    assert [video.name for video in draft.videos] == ["c.mp4"]


def test_videos_are_named_like_pictures() -> None:
    head = "\nvideo:\n  - 集锦.mp4\n  - {文件: 视频/采访.mp4, 说明: 赛后采访, 摄像: 李四}"
    assert [(v.role, v.name, v.alt, v.credit) for v in read_draft(text(GOOD + head)).videos] == [
        ("video", "集锦.mp4", "", ""),
        ("video", "视频/采访.mp4", "赛后采访", "李四"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(encoding: str) -> None:
    raw = f"---\r\n{GOOD}\r\n---\r\n东城的正文\r\n第二行".encode(encoding)
    assert read_draft(raw).body == "东城的正文\n第二行"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "没有稿头"),
        ("只有正文".encode(), "没有稿头"),
        (b"---\ntitle: x\n", "没有稿头"),
        (b"PK\x03\x04\x00\x00\xff\xfe", "不是文字文件"),
        ("有\0空字符".encode(), "不是文字文件"),
        (b"---\nassignment: 1\ntitle: \xff\xff\xff\n---\n", "编码认不出来"),
        (b"x" * 1_048_577, "超过 1 MB"),
        (text("a: " + "x" * 17_000), "稿头超过"),
        (text("title: x"), "没有任务编号"),
        (text("assignment: 12"), "没有标题"),
        (text("assignment: 0\ntitle: x"), "不是编号"),
        (text("assignment: true\ntitle: x"), "不是编号"),
        (text("assignment: [1]\ntitle: x"), "不是编号"),
        (text("assignment: 1.5\ntitle: x"), "不是编号"),
        (text("assignment: 12345678901234567890\ntitle: x"), "不是编号"),
        (text("assignment: 12\ntitle: [x]"), "“标题”应为一行文字"),
        (text("assignment: 12\ntitle: 1.50"), "加上引号"),
        (text(f"assignment: 12\ntitle: {'长' * 201}"), "最多 200 字"),
        (text(GOOD + f"\ndigest: {'长' * 501}"), "最多 500 字"),
        (text(GOOD + f"\ntags: [{','.join(f't{n}' for n in range(21))}]"), "标签超过 20 个"),
        (text(GOOD + "\ntags: [[a, b]]"), "“标签”应为一行文字"),
        (text(GOOD + "\nai_generated: 也许"), "也许"),
        (text(GOOD + "\nai_generatd: true"), "没有“ai_generatd”这一项"),
        (text(GOOD + "\ntitle: 又一个"), "写了两次"),
        (text(GOOD + "\n标题: 又一个"), "重复"),
        (text(GOOD + "\nimages: [{file: a.jpg, size: 3}]"), "没有“size”这一项"),
        (text(GOOD + "\nimages: [{alt: 无文件}]"), "不能用"),
        (text(GOOD + f"\nimages: [{','.join(f'{n}.jpg' for n in range(51))}]"), "图片超过 50 张"),
        (text(GOOD + "\n视频: ../a.mp4"), "视频路径“../a.mp4”指到了别处"),
        (text(GOOD + "\n视频: https://a.example/a.mp4"), "引用了网络视频"),
        (text(GOOD + "\n视频: {说明: 无文件}"), "视频名“”不能用"),
        (text(GOOD + "\n视频: {文件: a.mp4, 时长: 3}"), "视频里没有“时长”这一项"),
        (text(GOOD + f"\n视频: [{','.join(f'{n}.mp4' for n in range(6))}]"), "视频超过 5 个"),
        (text(GOOD + "\n视频: a.mp4", "![x](a.mp4)"), "“a.mp4”既是视频又当图片引用"),
        (text(GOOD + "\n视频: a.mp4\n封面: a.mp4"), "“a.mp4”既是视频又当图片引用"),
        (text("assignment: 12\n\ttitle: x"), "Tab"),
        (text('assignment: 12\ntitle: "x'), "引号"),
        (text("assignment: 12\ntitle: x\x07"), "控制字符"),
        (text("- a\n- b"), "一组“键: 值”"),
        (text("assignment: 12\ntitle: !!python/object/apply:os.system [ls]"), "不支持标签"),
        (text(GOOD + "\ntags: " + "[" * 2000), "嵌套超过"),
        (text(GOOD, "字" * 50_001), "正文超过 50000 字"),
    ],
)
def test_what_cannot_be_read_says_why_and_how_to_mend(raw: bytes, said: str) -> None:
    with pytest.raises(Unfit, match="改法") as caught:
        read_draft(raw)
    assert said in str(caught.value)


def test_an_anchor_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(Unfit, match="展开引用后超过"):
        read_draft(text("\n".join(lines)))


def test_every_problem_is_told_at_once_with_its_line() -> None:
    with pytest.raises(Unfit) as caught:
        read_draft(text("title: [x]\nauthor: {a: b}\n来路: 新华社"))
    told = str(caught.value)
    assert "没有任务编号" in told
    assert "第 2 行：“标题”" in told
    assert "第 3 行：“作者”" in told
    assert "第 4 行：稿头里没有“来路”" in told


def test_invisible_characters_leave_the_body_with_a_note() -> None:
    draft = read_draft(text(GOOD, "东\x07城\u202e夺\x1b[31m冠"))
    assert draft.body == "东城夺[31m冠"
    assert "去掉了 3 个看不见的控制字符" in draft.notes


def test_html_and_scripts_stay_text_and_are_noted() -> None:
    body = '<script>alert(1)</script> <img src=x onerror=alert(1)> [点我](javascript:alert(1)) <b onclick="x()">'
    draft = read_draft(text(GOOD, body))
    assert draft.body == body
    assert draft.pictures == ()
    assert any("HTML" in note and "script" in note for note in draft.notes)
    assert any("脚本" in note for note in draft.notes)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a/../../b.jpg",
        "/etc/passwd",
        "~/x.jpg",
        "C:/x.jpg",
        "图\\1.jpg",
        ".ssh/id_rsa",
        "a/.hidden.jpg",
        "http://example.com/x.jpg",
        "//example.com/x.jpg",
        "data:image/png;base64,AAAA",
        "a\nb.jpg",
        "a\0.jpg",
        "",
        ".",
        "x" * 201,
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="改法"):
        check_name(name, "正文")


@pytest.mark.parametrize(
    "target", ["../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "https://a.example/x.png"]
)
def test_a_body_reference_that_leads_elsewhere_is_refused(target: str) -> None:
    with pytest.raises(Unfit, match="图片"):
        read_draft(text(GOOD, f"![x]({target})"))


def test_a_cover_that_leads_elsewhere_is_refused() -> None:
    with pytest.raises(Unfit, match="指到了别处"):
        read_draft(text(GOOD + "\ncover: ../x.jpg"))


def test_names_are_normalised_and_pictures_counted_once() -> None:
    draft = read_draft(text(GOOD + "\nimages: [{file: 图/1.jpg, credit: 李四}]", "![a](./图/1.jpg) ![b](图/1.jpg)"))
    assert [(p.name, p.alt, p.credit) for p in draft.pictures] == [("图/1.jpg", "a", "李四")]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda body: text(body, body))))
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    with suppress(Unfit):
        draft = read_draft(raw)
        assert draft.title
        assert "\0" not in draft.body
