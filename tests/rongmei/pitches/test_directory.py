import pytest

from rongmei.pitches.directory import Directory


@pytest.fixture
def directory(plan):
    return Directory(plan.campaign, plan.cluster)


@pytest.mark.parametrize(
    "written",
    ["dongcheng", "东城融媒体中心", "东城", "东城街道", "东城融媒", " 东 城 ", "DongCheng", "东城街道办", "东城发布"],
)
def test_an_outlet_is_found_by_any_of_its_names(directory, written):
    assert directory.outlet(written) == "dongcheng"


@pytest.mark.parametrize("written", ["", "东", "东城大队", "南城", "东莞日报社体育部", "城"])
def test_an_unsure_name_is_nobodys(directory, written):
    assert directory.outlet(written) is None


def test_the_name_of_the_city_is_not_the_name_of_a_city_outlet(directory):
    assert directory.outlet("东莞") is None
    assert directory.outlet("东莞日报") == "dongguan-daily"


def test_a_name_that_two_outlets_go_by_belongs_to_neither_and_both_are_named(plan):
    shared = plan.cluster.outlets[2].model_copy(update={"regions": ("石龙", "东城")})
    outlets = (*plan.cluster.outlets[:2], shared, plan.cluster.outlets[3])
    directory = Directory(plan.campaign, plan.cluster.model_copy(update={"outlets": outlets}))
    assert directory.outlet("东城") is None
    assert set(directory.near("东城")) >= {"东城融媒体中心", "石龙融媒体中心"}


def test_near_names_help_after_a_slip(directory):
    assert directory.near("东成融媒体中心")[0] == "东城融媒体中心"
    assert directory.near("zzzz") == ()


def test_columns_and_channels_are_found_by_id_and_name(directory):
    assert directory.column("赛场直击") == directory.column("live") == "live"
    assert directory.column("副刊") is None
    assert directory.column(None) is None
    assert directory.channels(["微信", "公众号", "微博", "广播塔", "网站"]) == (
        ["wechat", "weibo", "wordpress"],
        ["广播塔"],
    )
