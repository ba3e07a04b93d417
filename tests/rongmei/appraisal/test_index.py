import pytest

from rongmei.appraisal.index import Counts, Period, wci

REFERENCE = Period(
    days=7,
    articles=28,
    total=Counts(70_000, 700, 1_400, 2_100),
    headlines=Counts(35_000, 350, 700, 1_050),
    best=Counts(12_000, 120, 240, 360),
)


@pytest.mark.parametrize(
    ("forwards", "parts", "value"),
    [
        (True, (8.726185454, 7.340610130, 8.033278081, 8.908467030), 846.318422),
        (False, (8.906746382, 7.521066172, 8.213804032, 9.089033790), 883.097180),
    ],
)
def test_the_reference_vectors_of_v14_2(forwards, parts, value):
    found = wci(REFERENCE, forwards=forwards)
    assert (found.overall, found.article, found.headline, found.peak) == pytest.approx(parts, abs=1e-8)
    assert found.value == pytest.approx(value, abs=1e-6)


def test_nothing_read_is_zero():
    nothing = Counts(0, 0, 0, 0)
    assert wci(Period(1, 1, nothing, nothing, nothing), forwards=True).value == 0


@pytest.mark.parametrize(("days", "articles"), [(0, 1), (1, 0)])
def test_a_period_without_day_or_article_has_no_index(days, articles):
    with pytest.raises(ValueError, match="至少"):
        wci(Period(days, articles, *(Counts(0, 0, 0),) * 3), forwards=False)
