"""Place names as places: ours, not the ten others of the same name, and not the words that contain them."""

import pytest

from rongmei.text.places import Places, homes_among, regions

OURS = Places(("长安镇", "长安", "东城街道", "东城", "南城", "石龙", "虎门", "松山湖"), ("东莞",))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("东莞长安镇开村超", ("长安镇", "东莞")),
        ("东莞市长安镇、虎门镇联动", ("长安镇", "虎门", "东莞")),
        ("广东东莞东城街道", ("东城街道", "东莞")),
        ("虎门大桥东莞段", ("虎门", "东莞")),
        ("松山湖马拉松", ("松山湖",)),
        ("长安镇发生火灾", ()),
        ("陕西大荔县长安镇", ()),
        ("咸阳长安镇与东莞石龙结对", ("石龙", "东莞")),
        ("北京市东城区和东莞", ("东莞",)),
        ("杭州东城的东莞人", ("东莞",)),
        ("广东城际铁路到东莞", ("东莞",)),
        ("汪东城来东莞", ("东莞",)),
        ("长安的荔枝杀青", ()),
        ("西长安街国悦府", ()),
        ("", ()),
    ],
)
def test_on_a_board_a_town_counts_only_beside_its_city(text: str, found: tuple[str, ...]) -> None:
    assert OURS.find(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("长安镇发生火灾", ("长安镇",)),
        ("走进东城，为石龙点赞", ("东城", "石龙")),
        ("本市南城先行", ("南城",)),
        ("西长安街国悦府", ()),
        ("汪东城来了", ()),
        ("大荔县长安镇", ()),
    ],
)
def test_our_own_newsrooms_mean_their_own_towns(text: str, found: tuple[str, ...]) -> None:
    assert OURS.find(text, at_home=True) == found


def test_cities_and_counties_of_a_list_are_homes() -> None:
    listed = ("榕江", "榕江县", "车民街道", "古州镇", "东莞", "长安", "松山湖", "滨海湾新区")
    assert homes_among(listed) == ("榕江", "榕江县", "东莞", "滨海湾新区")
    assert Places(listed, homes_among(listed)).find("榕江古州镇的球") == ("榕江", "古州镇")
    assert "东莞" in regions()["广东"]
    assert sum(map(len, regions().values())) > 300
