"""The played newsrooms' pitches and prose: readable by the house, varied, and the same every time."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from rongmei.config import Plan, load_campaign
from rongmei.pitches.directory import Directory
from rongmei.pitches.sources.workbook import read_workbook
from rongmei.stories.draft import read_draft
from rongmei.stories.markdown import count_chars
from rongmei.text.similarity import find_duplicates
from stack import library, material, pictures
from stack.material import Request, Writer

CONFIG = Path(material.__file__).parents[1]
CAMPAIGNS = ("cunchao", "dongguan_haomai", "zhumeng_taxiang")


def plan_of(campaign: str) -> Plan:
    return load_campaign(CONFIG, campaign)


def writer_of(campaign: str) -> Writer:
    plan = plan_of(campaign)
    return Writer(plan.campaign, plan.cluster)


def unknown_campaign() -> Writer:
    plan = plan_of("cunchao")
    watch = plan.campaign.watch.model_copy(update={"keywords": ("荔枝节",)})
    return Writer(plan.campaign.model_copy(update={"id": "lychee", "name": "荔枝节", "watch": watch}), plan.cluster)


def requests(writer: Writer, number: int, revision: int = 0) -> list[Request]:
    return [
        Request(
            assignment=100 + n,
            outlet=idea.outlet,
            pitched_by=idea.outlet,
            title=row.title,
            summary=row.summary,
            column=idea.column,
            place=row.place,
            round=number,
            revision=revision,
        )
        for n, (row, idea) in enumerate(zip(writer.rows(number), writer._ideas(number), strict=True))
    ]


# ── pitches ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("campaign", "least"), [("cunchao", 40), ("dongguan_haomai", 25), ("zhumeng_taxiang", 25)])
def test_enough_pitches_with_short_titles(campaign: str, least: int) -> None:
    rows = writer_of(campaign).rows(1)
    assert len(rows) >= least
    assert all(len(row.title) <= material.MAX_TITLE for row in rows)
    assert all("{" not in cell for row in rows for cell in row.cells())


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_every_idea_names_an_outlet_a_column_and_prose_that_exist(campaign: str) -> None:
    writer = writer_of(campaign)
    outlets = {outlet.id for outlet in writer.cluster.outlets}
    columns = {column.id for column in writer.campaign.columns}
    for idea in writer.library.pitches:
        assert {idea.outlet, idea.about or idea.outlet} <= outlets
        assert idea.column in columns
        assert idea.theme in writer.library.themes
        assert idea.detail
    assert columns <= set(writer.library.closings)
    assert writer.library.fallback in writer.library.themes
    assert {scene for theme in writer.library.themes.values() for scene in theme.scenes} <= set(pictures.SCENES)


def test_every_outlet_has_a_character() -> None:
    assert set(library.load_characters()) == {outlet.id for outlet in plan_of("cunchao").cluster.outlets}


@pytest.mark.parametrize("campaign", [*CAMPAIGNS, "general"])
def test_no_title_comes_twice_in_six_rounds(campaign: str) -> None:
    writer = unknown_campaign() if campaign == "general" else writer_of(campaign)
    titles = [(row.outlet, row.title) for number in range(1, 7) for row in writer.rows(number)]
    assert len(titles) == len(set(titles))
    assert max(len(title) for _, title in titles) <= material.MAX_TITLE


def test_some_pitches_of_cunchao_are_near_duplicates_and_most_are_not() -> None:
    rows = writer_of("cunchao").rows(1)
    pairs = find_duplicates([(n, row.title) for n, row in enumerate(rows)])
    tiers = [pair.verdict.tier for pair in pairs]
    assert "certain" in tiers
    assert "similar" in tiers
    assert len(pairs) <= 6


def test_everybody_meets_everybody_and_the_other_way_round() -> None:
    cluster = plan_of("cunchao").cluster
    towns = {library.team(outlet): outlet.id for outlet in cluster.outlets if outlet.kind == "town"}
    met = set()
    for number in range(1, len(towns)):
        other = library.rival(cluster, "humen", number)
        met.add(other)
        assert library.rival(cluster, towns[other], number) == "虎门镇队"
    assert met == set(towns) - {"虎门镇队"}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_fixture_in_clusters_of_any_size(count: int) -> None:
    cluster = plan_of("cunchao").cluster
    towns = tuple(outlet for outlet in cluster.outlets if outlet.kind == "town")[:count]
    small = cluster.model_copy(update={"outlets": towns})
    for number in range(1, 8):
        for town in towns:
            assert library.rival(small, town.id, number) != library.team(town)


# ── workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_every_row_is_read_as_it_was_meant(campaign: str, tmp_path: Path) -> None:
    writer = writer_of(campaign)
    directory = Directory(writer.campaign, writer.cluster)
    read: dict[str, tuple[str | None, str | None]] = {}
    strangers = []
    for name, content in material.workbooks(writer, 3):
        (tmp_path / name).write_bytes(content)
        reading = read_workbook(tmp_path / name, "workbooks")
        assert not reading.rejected
        for pitch in reading.pitches:
            outlet = directory.outlet(pitch.outlet or "")
            if outlet is None:
                strangers.append(pitch.outlet)
                continue
            channels, strange = directory.channels(pitch.channels)
            assert channels
            assert not strange
            read[f"{outlet}:{pitch.title}"] = (directory.column(pitch.column), pitch.summary)
    wanted = {
        f"{idea.outlet}:{row.title}": (idea.column, row.summary)
        for row, idea in zip(writer.rows(3), writer._ideas(3), strict=True)
    }
    assert read == wanted
    assert strangers == ["东莞湾区周报"]


def test_files_are_as_different_as_in_life() -> None:
    files = dict(material.workbooks(writer_of("cunchao"), 2))
    assert len(files) == 5
    [csv] = [content for name, content in files.items() if name.endswith(".csv")]
    with pytest.raises(UnicodeDecodeError):
        csv.decode("utf-8")
    assert csv.decode("gb18030").startswith("媒体,选题,内容,栏目,渠道,地点,记者")


# ── stories ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_stories_are_long_enough_and_their_files_acceptable(campaign: str) -> None:
    writer = writer_of(campaign)
    for request in requests(writer, 2):
        copy = writer.story(request)
        shown = [(f"{request.assignment}-{n}.jpg", pictures.ALTS[scene]) for n, scene in enumerate(copy.scenes, 1)]
        film = f"{request.assignment}.mp4" if copy.seconds else ""
        draft = read_draft(material.story_file(copy, request.assignment, shown, film).encode())
        assert draft.assignment == request.assignment
        assert [video.name for video in draft.videos] == ([film] if film else [])
        assert draft.extras.source == writer.cluster.outlet(request.outlet).name
        assert draft.title == request.title
        assert draft.column in {column.name for column in writer.campaign.columns}
        assert draft.digest
        assert not draft.ai_generated
        assert not draft.notes
        assert [(picture.role, picture.name) for picture in draft.pictures] == [
            ("cover", f"{request.assignment}-1.jpg"),
            ("body", f"{request.assignment}-2.jpg"),
        ]
        assert all(picture.alt and picture.credit for picture in draft.pictures)
        assert material.REHEARSAL_TAG in draft.tags
        assert max(380, writer.campaign.production.min_chars) <= count_chars(draft.body) <= 900
        assert draft.body.count("\n## ") == 1
        assert "{" not in draft.body


@pytest.mark.parametrize("campaign", [*CAMPAIGNS, "general"])
def test_some_stories_bring_more_than_text_and_pictures(campaign: str) -> None:
    writer = unknown_campaign() if campaign == "general" else writer_of(campaign)
    [first, *_] = requests(writer, 1)
    channels = writer.campaign.publishing.channels
    copies = [writer.story(Request(**{**first.__dict__, "assignment": 100 + n})) for n in range(6 * len(channels))]
    files = [material.story_file(copy, 1, [("a.jpg", "甲"), ("b.jpg", "乙")], "a.mp4") for copy in copies]
    extras = [read_draft(file.encode()).extras for file in files]
    assert [copy.seconds > 0 for copy in copies] == [True, False] * (3 * len(channels))
    assert {copy.seconds for copy in copies} == {0, 3, 4, 5}
    titles = [one.titles for one in extras if one.titles]
    assert len(titles) == 2 * len(channels)
    assert {channel for one in titles for channel in one} == set(channels)
    assert all(len(title) <= material.MAX_TITLE for one in titles for title in one.values())
    assert len({one.card for one in extras if one.card}) == 3
    assert sum(bool(one.titles) and bool(one.card) for one in extras) == 0
    assert all(one.place for one in extras)
    assert not any(one.embargo for one in extras)


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_stories_of_an_edition_do_not_read_alike(campaign: str) -> None:
    """Of all pairs of stories nearly all share less than half, none more than three quarters."""
    writer = writer_of(campaign)
    stories = [writer.story(request) for request in requests(writer, 1)]
    texts = [frozenset((*copy.lead, *copy.rest)) for copy in stories]
    shares = [len(a & b) / min(len(a), len(b)) for a, b in combinations(texts, 2)]
    assert max(shares) <= 0.75
    assert sum(share > 0.5 for share in shares) <= len(shares) // 50


def test_the_same_assignment_gives_the_same_story_and_a_revision_another() -> None:
    writer = writer_of("cunchao")
    [first, *_] = requests(writer, 1)
    assert writer.story(first) == writer.story(first)
    versions = {writer.story(requests(writer, 1, revision)[0]) for revision in range(6)}
    assert len(versions) == 6


def test_the_round_that_a_title_names_is_kept() -> None:
    writer = writer_of("cunchao")
    request = requests(writer, 4)[0]
    late = Request(**{**request.__dict__, "round": 9})
    assert "第4轮" in writer.story(late).lead[0]


def test_a_pitch_from_elsewhere_gets_a_story_too() -> None:
    writer = writer_of("cunchao")
    title = "东城{村超}队今晚出战，街坊约定七点半球场见，还有四十家小吃摊等着大家"
    copy = writer.story(Request(7, "humen", None, title, "", None, None, 1))
    assert len(copy.title) <= material.MAX_TITLE
    assert copy.title == "东城{村超}队今晚出战，街坊约定七点半球场见"
    assert copy.column == ""
    assert "虎门" in "".join(copy.lead)
    draft = read_draft(material.story_file(copy, 7, [("a.jpg", "甲"), ("b.jpg", "乙")]).encode())
    assert draft.column == ""
    assert draft.digest


def test_a_campaign_without_material_of_its_own() -> None:
    writer = unknown_campaign()
    rows = writer.rows(1)
    assert len(rows) == material.GENERAL_PITCHES
    assert any("荔枝节" in row.title for row in rows)
    details = set()
    for request in requests(writer, 1)[:6]:
        copy = writer.story(request)
        assert copy.length >= material.SHORTEST_STORY
        details.add(copy.lead)
    assert len(details) == 6


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("刚好", 2, "刚好"),
        ("第一句话。第二句也很长很长", 8, "第一句话"),
        ("没有可以停顿的地方", 5, "没有可以…"),
        ("啊，后面的断不得这么早呀", 10, "啊，后面的断不得这…"),
        ("", 5, ""),
    ],
)
def test_shorten(text: str, limit: int, short: str) -> None:
    assert material.shorten(text, limit) == short
