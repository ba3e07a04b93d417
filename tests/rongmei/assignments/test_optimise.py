import random
from itertools import combinations, product
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.assignments.model import (
    ESCALATION,
    HALVES,
    Newsroom,
    Task,
    covers,
    lead_terms,
    load_cost,
    mean_usage,
    partner_terms,
    worth,
)
from rongmei.assignments.optimise import Solution, optimise

PLACES = ("石龙", "虎门", "东城", "南城")
BEATS = ("体育", "民生", "服装")


def room(room_id: str, **values) -> Newsroom:
    base = {"kind": "town", "size": 10, "regions": ("无名",), "beats": ("民生",), "capacity_per_day": 2}
    return Newsroom(id=room_id, name=room_id.upper(), **{**base, **values})


def task(pitch_id: int, **values) -> Task:
    return Task(pitch_id=pitch_id, title=f"选题{pitch_id}", **values)


def outlets(solution: Solution) -> dict[int, str]:
    return {choice.pitch_id: choice.outlet for choice in solution.choices}


def supports(room_list, job, lead, allowed):
    """Every set of partners that the rules permit for a task led by `lead`."""
    fit = [
        other
        for other in room_list
        if other.id != lead.id
        and other.id not in job.barred
        and other.halves_free
        and worth(partner_terms(other, job).values()) > 0
    ]
    return [combo for size in range(min(allowed, len(fit)) + 1) for combo in combinations(fit, size)]


def brute_force(tasks, rooms, partners) -> float:
    """The greatest objective over every possible way to hand the tasks out."""
    mean = mean_usage(rooms)
    by_task = []
    for job in tasks:
        ways = [(-ESCALATION, {})]
        for lead in rooms:
            if lead.id in job.barred:
                continue
            gain = worth(lead_terms(lead, job, mean).values())
            for combo in supports(rooms, job, lead, partners):
                more = sum(worth(partner_terms(other, job).values()) for other in combo)
                ways.append((gain + more, {lead.id: HALVES, **{other.id: 1 for other in combo}}))
        by_task.append(ways)
    best = float("-inf")
    for plan in product(*by_task):
        total = sum(gain for gain, _ in plan)
        for one in rooms:
            halves = [taken.get(one.id, 0) for _, taken in plan]
            if sum(halves) > one.halves_free:
                break
            total -= sum(load_cost(one, nth) for nth in range(halves.count(HALVES)))
        else:
            best = max(best, total)
    return best


def random_case(seed: int) -> tuple[list[Task], list[Newsroom], int]:
    dice = random.Random(seed)
    rooms = [
        room(
            f"o{n}",
            kind="city" if n == 0 else "town",
            size=dice.randint(2, 20),
            regions=(dice.choice(PLACES),),
            beats=tuple(dice.sample(BEATS, 2)),
            capacity_per_day=dice.randint(1, 2),
            halves_used=dice.randint(0, 2),
            recent=dice.randint(0, 6),
            on_duty=n == 1,
        )
        for n in range(dice.randint(2, 4))
    ]
    tasks = [
        task(
            n,
            place=dice.choice((None, *PLACES)),
            subjects=tuple(dice.sample(BEATS, dice.randint(0, 2))),
            pitchers=frozenset(dice.sample([one.id for one in rooms], dice.randint(0, 1))),
            from_board=dice.random() < 0.3,
            barred=frozenset(dice.sample([one.id for one in rooms], dice.randint(0, 1))),
        )
        for n in range(1, dice.randint(2, 4) + 1)
    ]
    return tasks, rooms, dice.randint(0, 2)


@pytest.mark.parametrize("seed", range(60))
def test_no_way_of_handing_out_is_better(seed):
    tasks, rooms, partners = random_case(seed)
    solution = optimise(tasks, rooms, partners=partners)
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(brute_force(tasks, rooms, partners), abs=1e-4)
    assert (solution.bound, solution.gap) == (solution.objective, 0.0)


@settings(deadline=None, max_examples=60)
@given(st.integers(min_value=0, max_value=10**9))
def test_every_answer_keeps_the_rules(seed):
    tasks, rooms, partners = random_case(seed)
    solution = optimise(tasks, rooms, partners=partners)
    chosen = {choice.pitch_id for choice in solution.choices}
    assert chosen | set(solution.escalated) == {one.pitch_id for one in tasks}
    assert not chosen & set(solution.escalated)
    taken = {one.id: 0 for one in rooms}
    for choice in solution.choices:
        job = next(one for one in tasks if one.pitch_id == choice.pitch_id)
        assert choice.outlet not in job.barred
        assert len(choice.partners) <= partners
        assert not job.barred & set(choice.partners)
        assert choice.outlet not in choice.partners
        taken[choice.outlet] += HALVES
        for partner in choice.partners:
            taken[partner] += 1
    assert all(taken[one.id] <= one.halves_free for one in rooms)
    points = sum(
        choice.points + sum(worth(t.values()) for t in choice.partners.values()) for choice in solution.choices
    )
    assert points - ESCALATION * len(solution.escalated) == pytest.approx(solution.objective, abs=1e-4)


def test_the_order_of_the_input_does_not_matter():
    tasks, rooms, partners = random_case(7)
    first = optimise(tasks, rooms, partners=partners)
    assert optimise(tasks[::-1], rooms[::-1], partners=partners) == first
    assert optimise(tasks, rooms, partners=partners) == first


def test_who_pitched_it_gets_it_and_knows_why():
    rooms = [room("a", regions=("石龙",)), room("b")]
    (choice,) = optimise([task(1, place="石龙", pitchers=frozenset({"b"}))], rooms, partners=0).choices
    assert choice.outlet == "b"
    assert choice.terms["pitcher"].why == "选题是它报的"
    assert choice.alternatives == (("a", 40.0),)


def test_the_place_then_the_beat_then_the_rota_decide():
    rooms = [room("a", on_duty=True), room("b", beats=("体育",)), room("c", regions=("石龙镇", "石龙"))]
    tasks = [task(1, place="石龙镇西湖"), task(2, subjects=("体育",)), task(3)]
    assert outlets(optimise(tasks, rooms, partners=0)) == {1: "c", 2: "b", 3: "a"}


def test_without_a_place_the_text_is_searched_and_a_city_outlet_covers_no_single_place():
    town, city = room("a", regions=("石龙镇", "石龙")), room("b", kind="city", regions=("石龙",))
    assert covers(town, task(1, text="石龙镇村超开赛")) == "石龙镇"
    assert covers(town, task(1, place="虎门", text="石龙村超开赛")) is None
    assert covers(city, task(1, place="石龙")) is None


def test_fairness_moves_work_to_the_less_used():
    rooms = [room("a", recent=8), room("b", recent=1)]
    assert outlets(optimise([task(1)], rooms, partners=0)) == {1: "b"}
    bigger = [room("a", recent=8, size=400), room("b", recent=1)]
    assert outlets(optimise([task(1)], bigger, partners=0)) == {1: "a"}


def test_work_spreads_before_anyone_gets_a_second_piece():
    rooms = [room("a", capacity_per_day=3), room("b", capacity_per_day=3), room("c", capacity_per_day=3)]
    assert sorted(outlets(optimise([task(1), task(2), task(3)], rooms, partners=0)).values()) == ["a", "b", "c"]


def test_what_is_in_hand_counts_against_capacity_and_the_rest_goes_to_a_person():
    rooms = [room("a", capacity_per_day=1, halves_used=1), room("b", capacity_per_day=2, halves_used=2)]
    solution = optimise([task(1), task(2)], rooms, partners=0)
    assert list(outlets(solution).values()) == ["b"]
    (why,) = solution.escalated.values()
    assert "产能" in why


def test_when_everybody_said_no_a_person_is_asked():
    solution = optimise([task(1, barred=frozenset({"a", "b"}))], [room("a"), room("b")], partners=1)
    assert solution.choices == ()
    assert solution.escalated == {1: "2 家媒体中，2 家已推辞或超时未答"}
    assert solution.objective == -ESCALATION


def test_partners_support_where_the_story_happens_or_the_whole_city_looks():
    rooms = [room("a"), room("b", regions=("石龙",)), room("c", beats=("体育",))]
    pitched = frozenset({"a"})
    (local,) = optimise([task(1, place="石龙", pitchers=pitched)], rooms, partners=1).choices
    assert (local.outlet, set(local.partners)) == ("a", {"b"})
    assert "就近协同" in local.partners["b"]["region"].why
    (hot,) = optimise([task(1, subjects=("体育",), pitchers=pitched, from_board=True)], rooms, partners=1).choices
    assert (hot.outlet, set(hot.partners)) == ("a", {"c"})
    (plain,) = optimise([task(1, subjects=("体育",), pitchers=pitched)], rooms, partners=1).choices
    assert plain.partners == {}
    assert optimise([task(1, place="石龙", pitchers=pitched)], rooms, partners=0).choices[0].partners == {}


def test_nothing_to_do():
    assert optimise([], [room("a")], partners=1) == Solution("empty", 0.0, 0.0, 0.0, (), {})
    assert optimise([task(1)], [], partners=1).escalated == {1: "集群里没有媒体"}


def test_out_of_time_everything_is_still_accounted_for():
    tasks = [task(n, place=PLACES[n % 4], pitchers=frozenset({f"o{n % 9}"})) for n in range(200)]
    rooms = [room(f"o{n}", regions=(PLACES[n % 4],), capacity_per_day=9, recent=n) for n in range(30)]
    solution = optimise(tasks, rooms, partners=2, time_limit=0.0)
    assert solution.status == "time_limit"
    assert len(solution.choices) + len(solution.escalated) == 200
    assert solution.bound >= solution.objective
    assert solution.gap > 0


def test_three_hundred_pitches_and_thirty_eight_outlets_take_less_than_five_seconds():
    dice = random.Random(3)
    places = [f"镇{chr(0x4E00 + n)}" for n in range(32)]
    rooms = [
        room(
            f"o{n:02}",
            kind="city" if n < 3 else "town",
            size=dice.randint(3, 200 if n < 3 else 20),
            regions=(places[n - 6],) if n >= 6 else ("东莞",),
            beats=tuple(dice.sample(BEATS, 2)),
            capacity_per_day=dice.randint(4, 10),
            halves_used=dice.randint(0, 3),
            recent=dice.randint(0, 12),
        )
        for n in range(38)
    ]
    tasks = [
        task(
            n,
            place=dice.choice((None, *places)),
            subjects=tuple(dice.sample(BEATS, dice.randint(0, 2))),
            pitchers=frozenset(dice.sample([one.id for one in rooms], dice.randint(0, 2))),
            from_board=dice.random() < 0.2,
            barred=frozenset(dice.sample([one.id for one in rooms], dice.randint(0, 3))),
        )
        for n in range(300)
    ]
    begun = perf_counter()
    solution = optimise(tasks, rooms, partners=1)
    assert perf_counter() - begun < 5
    assert solution.status == "optimal"
