"""What is heard becomes rows: only change, nothing overwritten, null is not zero, falls and losses as facts."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from rongmei.channels import Numbers
from rongmei.clock import at_local
from rongmei.ledger import Ledger, Publication, Snapshot, SnapshotDay, upgrade
from rongmei.ledger.numbers import latest, series
from rongmei.ledger.tables import COUNTS, Base
from rongmei.metrics.days import rebuild_days
from rongmei.metrics.keeping import Heard, keep

NOON = at_local(date(2026, 6, 6), "12:00")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def on_postgres(postgres_lasting_database):
    url = postgres_lasting_database()
    upgrade(url)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger(request, tmp_path):
    """The two databases do this in ways of their own."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("on_postgres")
    made = Ledger(url)
    if request.param == "sqlite":
        Base.metadata.create_all(made.engine)
    else:
        with made.begin() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(table.delete())
    yield made
    made.close()


@pytest.fixture
def tell(ledger, put):
    """Tell of one publication at an hour; what was kept."""
    key = put(external_id="A")

    def one(hour, numbers):
        return keep(ledger, [Heard(key, NOON, numbers)], NOON + hour * HOUR)

    one.key = key
    return one


@pytest.fixture
def rows(ledger):
    def read():
        with ledger.read() as session:
            return [row for mine in series(session, select(Publication.id)).values() for row in mine]

    return read


@pytest.fixture
def days(ledger):
    def read(name="reads"):
        with ledger.read() as session:
            found = session.scalars(select(SnapshotDay).order_by(SnapshotDay.publication_id, SnapshotDay.day))
            return [(row.day.day, getattr(row, name), getattr(row, f"{name}_gain")) for row in found]

    return read


def test_only_change_makes_a_row(tell, rows):
    for hour, reads in enumerate((1, 1, 1, 5, 5)):
        tell(hour, Numbers(reads=reads, raw={"coin": 1}))
    assert [(row.reads, row.observed_at, row.last_seen_at) for row in rows()] == [
        (1, NOON, NOON + 2 * HOUR),
        (5, NOON + 3 * HOUR, NOON + 4 * HOUR),
    ]
    assert tell(5, Numbers(reads=5, raw={"coin": 2})).added == 1


def test_a_figure_that_becomes_unknown_is_a_change_and_not_zero(tell, rows, days):
    tell(0, Numbers(reads=9, likes=1))
    assert tell(1, Numbers(reads=None, likes=1)).fell == []
    tell(2, Numbers(reads=10, likes=1))
    assert [row.reads for row in rows()] == [9, None, 10]
    assert days() == [(6, 10, 10)]


def test_what_falls_is_kept_and_flagged_and_may_rise_again(tell, rows, days):
    assert [tell(hour, Numbers(reads=reads)).fell for hour, reads in enumerate((50, 40, 60))] == [[], [tell.key], []]
    assert [(row.reads, row.fell) for row in rows()] == [(50, False), (40, True), (60, False)]
    assert days() == [(6, 60, 60)]


def test_a_fall_overnight_is_a_loss_of_its_day(tell, days):
    for hour, reads in ((0, 50), (13, 45), (14, 47), (24, 60)):
        tell(hour, Numbers(reads=reads))
    assert days() == [(6, 50, 50), (7, 60, 10)]


def test_what_is_gone_keeps_its_last_figures(tell, rows):
    tell(0, Numbers(reads=50, likes=2))
    assert tell(1, Numbers(gone=True)).gone == [tell.key]
    assert tell(2, Numbers(gone=True)).gone == []
    assert [(row.reads, row.likes, row.gone) for row in rows()] == [(50, 2, False), (50, 2, True)]
    assert rows()[1].last_seen_at == NOON + 2 * HOUR
    # A platform that errs takes it back.
    assert tell(3, Numbers(reads=50, likes=2)).added == 1
    assert rows()[-1].gone is False


def test_rounded_figures_fall_only_when_they_surely_do(tell, rows):
    rounded = Numbers(reads=31_500, upper={"reads": 32_999}, raw={"play": "3.2万"})
    assert tell(0, Numbers(reads=32_500)).fell == []
    assert tell(1, rounded).fell == []
    assert tell(2, rounded).unchanged == 1
    assert tell(3, Numbers(reads=100_001, upper={"reads": None})).fell == []
    assert tell(4, Numbers(reads=90_000, upper={"reads": 94_999})).fell == [tell.key]
    assert [row.bounds("reads") for row in rows()] == [
        (32_500, 32_500),
        (31_500, 32_999),
        (100_001, None),
        (90_000, 94_999),
    ]


def by_day(*figures):
    """Told in one look: figures up to the ends of days of June."""
    days = [Numbers(reads=reads, about=date(2026, 6, day)) for day, reads in figures]
    return Numbers(reads=days[-1].reads, about=days[-1].about, earlier=tuple(days[:-1]))


def test_late_and_revised_figures_add_and_overwrite_nothing(ledger, tell, rows, days):
    tell(24, by_day((6, 100)))
    assert tell(48, by_day((6, 100), (7, 150))).added == 1
    assert tell(72, by_day((6, 120), (7, 150), (8, 160))).added == 2
    assert [(row.about_day.day, row.reads, row.observed_at, row.last_seen_at) for row in rows()] == [
        (6, 100, NOON + 24 * HOUR, NOON + 48 * HOUR),
        (6, 120, NOON + 72 * HOUR, NOON + 72 * HOUR),
        (7, 150, NOON + 48 * HOUR, NOON + 72 * HOUR),
        (8, 160, NOON + 72 * HOUR, NOON + 72 * HOUR),
    ]
    assert days() == [(6, 120, 120), (7, 150, 30), (8, 160, 10)]
    with ledger.read() as session:
        held = [latest(session, [tell.key], until=NOON + hours * HOUR).get(tell.key) for hours in (1, 25, 49, 99)]
    assert [row and row.reads for row in held] == [None, 100, 150, 160]


def test_a_day_without_anything_new_is_no_row(tell, rows, days):
    tell(24, by_day((6, 100)))
    tell(48, by_day((6, 100), (7, 100)))
    tell(72, by_day((6, 100), (7, 100), (8, 130)))
    assert [(row.about_day.day, row.reads) for row in rows()] == [(6, 100), (8, 130)]
    assert days() == [(6, 100, 100), (8, 130, 30)]


def test_yesterdays_page_is_nothing_new(tell, rows):
    tell(48, by_day((6, 100), (7, 150)))
    assert tell(72, by_day((6, 100))).added == 0
    assert len(rows()) == 2


def test_an_older_minute_changes_nothing(tell, rows):
    tell(5, Numbers(reads=5))
    assert (tell(4, Numbers(reads=4)).added, tell(5, Numbers(reads=6)).added) == (0, 0)
    assert [row.reads for row in rows()] == [5]


@pytest.mark.parametrize("told", [None, Numbers(reads=None, strange=("reads",), raw={"play": "-5"})])
def test_silence_and_nonsense(tell, rows, told):
    kept = tell(0, told)
    assert (kept.added, kept.silent) == ((0, 1) if told is None else (1, 0))
    assert [(row.reads, row.raw) for row in rows()] == ([] if told is None else [(None, {"play": "-5"})])
    assert kept.strange == ([] if told is None else [(tell.key, {"play": "-5"})])


FIGURE = st.none() | st.integers(0, 6)
TOLD = st.one_of(
    st.builds(Numbers, reads=FIGURE, likes=FIGURE),
    st.builds(Numbers, reads=st.integers(0, 3), upper=st.just({"reads": None})),
    st.just(Numbers(gone=True)),
    st.none(),
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.tuples(st.integers(1, 30), TOLD), min_size=1, max_size=10))
def test_whatever_is_told_the_last_row_is_what_was_said_last_and_the_days_agree_with_a_recount(ledger, tell, told):
    at, said = 0, None
    with ledger.begin() as session:
        for table in (Snapshot, SnapshotDay):
            session.execute(delete(table))
    for hours, numbers in told:
        at += hours
        tell(at, numbers)
        said = numbers if numbers is not None and not numbers.gone else said
    with ledger.read() as session:
        rows = series(session, [tell.key]).get(tell.key, [])
        before = _days(session)
    if said is not None:
        assert [getattr(rows[-1], name) for name in COUNTS] == [getattr(said, name) for name in COUNTS]
    assert all(_said(one) != _said(other) for one, other in pairwise(rows))
    rebuild_days(ledger)
    with ledger.read() as session:
        assert _days(session) == before


def _said(row):
    return (*(getattr(row, name) for name in COUNTS), row.upper, row.gone, row.raw)


def _days(session):
    table = SnapshotDay.__table__
    return session.execute(select(table).order_by(table.c.publication_id, table.c.day)).all()
