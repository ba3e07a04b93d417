from dataclasses import replace
from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from tests.rongmei.assignments.making import room, rounds, task

from rongmei.assignments import relax
from rongmei.assignments.optimise import Solution, optimise
from rongmei.assignments.relax import Relaxation


def solved(made) -> Solution:
    tasks, rooms, partners, weights = made
    return optimise(tasks, rooms, partners=partners, weights=weights)


def relaxed(made, relaxations):
    """The round with every limit given way as the relaxations say."""
    tasks, rooms, partners, weights = made
    for one in relaxations:
        if one.limit == "capacity":
            rooms = [
                replace(r, capacity_per_day=r.capacity_per_day + one.amount) if r.id == one.outlet else r for r in rooms
            ]
        if one.limit == "recusal":
            rooms = [replace(r, avoids=()) if r.id == one.outlet else r for r in rooms]
        if one.limit == "apart":
            tasks = [replace(t, apart=t.apart - set(one.pitches)) if t.pitch_id in one.pitches else t for t in tasks]
    return tasks, rooms, partners, weights


@settings(deadline=None, max_examples=80)
@given(rounds(outlets=3, tasks=4))
def test_what_is_said_to_help_helps_and_the_rest_cannot_be_helped(made):
    first = solved(made)
    concerned = {pitch_id for one in first.relaxations for pitch_id in one.pitches}
    assert set(first.escalated) <= concerned
    hopeless = {one.pitches[0] for one in first.relaxations if one.limit == "declined"}
    assert set(solved(relaxed(made, first.relaxations)).escalated) == hopeless
    refused = {t.pitch_id for t in made[0] if t.barred >= {r.id for r in made[1]} and not t.holder}
    assert hopeless == refused


@settings(deadline=None, max_examples=40)
@given(rounds(outlets=3, tasks=4, bendable=False))
def test_no_less_capacity_would_do(made):
    first = solved(made)
    wanted = [one for one in first.relaxations if one.limit == "capacity" and one.pitches]
    least = sum(one.amount for one in wanted)
    hopeless = {one.pitches[0] for one in first.relaxations if one.limit == "declined"}
    if not least:
        assert set(first.escalated) == hopeless
        return
    for more in combinations_with_replacement([one.id for one in made[1]], least - 1):
        less = [Relaxation("capacity", outlet, (), 1, "") for outlet in more]
        assert set(solved(relaxed(made, less)).escalated) - hopeless


def test_the_outlet_that_suits_it_best_is_asked_for_one_more():
    rooms = [room("a", halves_used=4), room("b", halves_used=4, regions=("石龙",)), room("c", halves_used=4)]
    solution = optimise([task(1, place="石龙")], rooms, partners=0)
    (one,) = solution.relaxations
    assert (one.limit, one.outlet, one.pitches, one.amount) == ("capacity", "b", (1,), 1)
    assert one.words == "选题 #1：B的日产能由 2 条放宽到 3 条（多 1 条）就能派出"
    assert solution.problems == (one.words,)


def test_half_a_task_free_is_counted():
    rooms = [room("a", halves_used=3), room("b", halves_used=4)]
    tasks = [task(n, barred=frozenset("b")) for n in (1, 2)]
    (one,) = optimise(tasks, rooms, partners=0).relaxations
    assert (one.outlet, one.amount, one.pitches) == ("a", 2, (1, 2))
    assert one.words == "选题 #1、#2：A的日产能由 2 条放宽到 4 条（多 2 条）就能派出"


def test_capacity_gives_way_before_sides_share_an_outlet_and_that_before_anybody_involved():
    full, free = room("a", halves_used=4), room("b")
    sides = [task(1, apart=frozenset({2})), task(2, holder="b")]
    assert [one.limit for one in optimise(sides, [full, free], partners=0).relaxations] == ["capacity"]
    nobody_else = [replace(sides[0], barred=frozenset("a")), sides[1]]
    (one,) = optimise(nobody_else, [full, free], partners=0).relaxations
    assert (one.limit, one.outlet, one.pitches) == ("apart", "b", (1, 2))
    assert one.words == "选题 #1 与 #2 应分给两家；没有别家可派，由制片批准才能都给B"
    involved = [room("a", avoids=("甲公司",)), free]
    both = [replace(sides[0], text="甲公司"), sides[1]]
    assert [one.limit for one in optimise(both, involved, partners=0).relaxations] == ["apart"]
    (one,) = optimise([task(1, text="甲公司")], involved[:1], partners=0).relaxations
    assert one.words == "选题 #1：A与“甲公司”有关联，应当回避；没有别家可派，由领导批准才能给它"


def test_two_sides_left_over_are_kept_apart_as_far_as_they_can_be():
    rooms = [room("a", halves_used=4, beats=("体育",)), room("b", halves_used=4)]
    sides = [task(1, subjects=("体育",), apart=frozenset({2})), task(2, subjects=("体育",))]
    assert {one.outlet for one in optimise(sides, rooms, partners=0).relaxations} == {"a", "b"}
    limits = {one.limit for one in optimise(sides, rooms[:1], partners=0).relaxations}
    assert limits == {"capacity", "apart"}


def test_work_beyond_the_day_is_told_and_others_are_asked_first():
    rooms = [room("a", halves_used=8, on_duty=True), room("b", halves_used=4)]
    held, asked = optimise([task(1)], rooms, partners=0).relaxations
    assert held.words == "A手上的任务已超出日产能 2 条，多 2 条；本次不再给它派"
    assert (asked.outlet, asked.amount) == ("b", 1)
    _, asked = optimise([task(1, barred=frozenset("b"))], rooms, partners=0).relaxations
    assert asked.words == "选题 #1：A的日产能由 2 条放宽到 5 条（多 3 条）就能派出"


@pytest.mark.parametrize(
    ("others", "partners", "hint"),
    [
        ({}, 0, "集群里没有哔哩哔哩账号，先开账号或去掉这个渠道"),
        (
            {"channels": frozenset({"bilibili"}), "halves_used": 4},
            1,
            "有哔哩哔哩账号的都排满了，B今天多接 1 条就能代发",
        ),
        ({"channels": frozenset({"bilibili"}), "halves_used": 3}, 0, "协同由 0 家放宽到 1 家，就能请B代发哔哩哔哩"),
        ({"channels": frozenset({"bilibili"}), "avoids": ("甲公司",)}, 1, "有哔哩哔哩账号的 1 家都已推辞或应当回避"),
    ],
)
def test_a_channel_left_out_is_told_with_what_would_bring_it_in(others, partners, hint):
    solution = optimise(
        [task(1, text="甲公司", channels=("bilibili",))], [room("a"), room("b", **others)], partners=partners
    )
    (choice,) = solution.choices
    assert choice.missed == ("bilibili",)
    (one,) = solution.relaxations
    assert one.words == f"选题 #1 想发哔哩哔哩，承担和协同的媒体都没有账号：{hint}"


def test_nobody_to_ask():
    (one,) = optimise([task(1)], [], partners=0).relaxations
    assert (one.limit, one.words) == ("declined", "选题 #1：集群里没有媒体，先在集群文件里加上")
    (one,) = optimise([task(1, barred=frozenset("a"))], [room("a")], partners=0).relaxations
    assert one.words == "选题 #1：1 家都已推辞或超时未答，放宽限制也没有用；请与媒体商量或撤下选题"


def test_out_of_time_there_is_still_a_way_to_place_everything(monkeypatch):
    monkeypatch.setattr(relax, "TIME_LIMIT_SECONDS", 0.0)
    rooms = [room(f"o{n}", halves_used=4) for n in range(30)]
    tasks = [task(n, apart=frozenset({n - 1})) for n in range(1, 60)]
    solution = optimise(tasks, rooms, partners=0)
    placed = {pitch_id for one in solution.relaxations if one.limit == "capacity" for pitch_id in one.pitches}
    assert placed == set(solution.escalated) == {one.pitch_id for one in tasks}
