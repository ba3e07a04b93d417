"""Held pitches return once, with those who pitched the same, whatever happened in between."""

from datetime import date, timedelta

from rongmei.ledger import Edition, Pitch, PitchEvent
from rongmei.pitches import record_decisions, shortlist, unmerge

FIRST, SECOND, THIRD = date(2026, 6, 6), date(2026, 6, 7), date(2026, 6, 8)


def of(rows, key):
    editions = {edition.id: edition.key for edition in rows(Edition)}
    return [one for one in rows(Pitch) if editions[one.edition_id] == key]


def test_co_authors_return_with_the_pitch_and_a_second_no_is_final(ledger, plan, key, open_day, pitch, rows, now):
    held = pitch(key, "村超揭幕战首次亮相", outlet="shilong", author="李四")
    pitch(key, "村超揭幕战首次亮相", ref="b", outlet="humen", author="张三", submitted_at=now + timedelta(minutes=1))
    shortlist(ledger, plan, key, now=now)
    record_decisions(ledger, plan, key, accepted=(), by="chen-ce", now=now)
    second = open_day(SECOND)
    assert shortlist(ledger, plan, second, now=now).returned == 1
    assert shortlist(ledger, plan, second, now=now).returned == 0
    back, twin = of(rows, second)
    assert (back.state, back.outlet, twin.state, twin.outlet, twin.merged_into_id) == (
        "shortlisted",
        "shilong",
        "merged",
        "humen",
        back.id,
    )
    assert [(one["outlet"], one["author"]) for one in back.score_terms["joint"]] == [("humen", "张三")]
    said = [event.why for event in rows(PitchEvent) if event.thing_id == held]
    assert said[-1] == f"缓议的选题转到 {second}，为 #{back.id}"
    record_decisions(ledger, plan, second, accepted=(), by="chen-ce", now=now)
    assert of(rows, second)[0].state == "declined"
    assert shortlist(ledger, plan, open_day(THIRD), now=now).returned == 0


def test_what_was_held_late_returns_in_the_edition_after(ledger, plan, key, open_day, pitch, rows, now):
    pitch(key, "村超揭幕战首次亮相", outlet="shilong")
    twin = pitch(key, "村超揭幕战首次亮相", ref="b", outlet="humen")
    (listed,) = shortlist(ledger, plan, key, now=now).shortlisted
    record_decisions(ledger, plan, key, accepted=[listed], by="chen-ce", now=now)
    second, third = open_day(SECOND), open_day(THIRD)
    assert shortlist(ledger, plan, second, now=now).returned == 0
    assert unmerge(ledger, twin, by="chen-ce", why="两回事", now=now).state == "held"
    assert shortlist(ledger, plan, third, now=now).returned == 1, "the next edition was listed already"
    assert [one.outlet for one in of(rows, third)] == ["humen"]
    assert shortlist(ledger, plan, second, now=now).returned == 0


def test_one_who_pitches_it_again_himself_has_one_pitch_that_counts_as_returned(
    ledger, plan, key, open_day, pitch, rows, now
):
    pitch(key, "村超揭幕战首次亮相")
    shortlist(ledger, plan, key, now=now)
    record_decisions(ledger, plan, key, accepted=(), by="chen-ce", now=now)
    second = open_day(SECOND)
    pitch(second, "村超揭幕战首次亮相")
    assert shortlist(ledger, plan, second, now=now).returned == 0
    record_decisions(ledger, plan, second, accepted=(), by="chen-ce", now=now)
    assert [one.state for one in of(rows, second)] == ["declined"]


def test_rehearsals_and_old_news_stay_where_they_are(ledger, plan, open_day, pitch, now):
    for number, (day, rehearsal) in enumerate(((FIRST, True), (FIRST - timedelta(days=40), False))):
        key = open_day(day, rehearsal=rehearsal)
        pitch(key, f"村超揭幕战首次亮相第 {number} 场")
        shortlist(ledger, plan, key, now=now)
        record_decisions(ledger, plan, key, accepted=(), by="chen-ce", now=now)
    assert shortlist(ledger, plan, open_day(SECOND), now=now).returned == 0
    assert shortlist(ledger, plan, open_day(SECOND, rehearsal=True), now=now).returned == 1
