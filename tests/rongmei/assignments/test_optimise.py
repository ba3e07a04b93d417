import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from tests.rongmei.assignments.making import PLACES, best_worth, room, rounds, task

from rongmei.assignments import programme
from rongmei.assignments.case import make_case, score
from rongmei.assignments.formulation import formulate
from rongmei.assignments.greedy import greedy
from rongmei.assignments.model import HALVES, worth
from rongmei.assignments.optimise import Choice, Solution, optimise
from rongmei.config import AssignmentWeights

ESCALATION = AssignmentWeights().escalation


def outlets(solution: Solution) -> dict[int, str]:
    return {choice.pitch_id: choice.outlet for choice in solution.choices}


def solved(made) -> Solution:
    tasks, rooms, partners, weights = made
    return optimise(tasks, rooms, partners=partners, weights=weights)


def only(tasks, rooms, partners=0) -> Choice:
    (choice,) = optimise(tasks, rooms, partners=partners).choices
    return choice


# ── the optimum ──────────────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=60)
@given(rounds())
def test_no_way_of_handing_out_is_better(made):
    solution = solved(made)
    best = best_worth(made)
    assert solution.status in ("optimal", "empty")
    assert solution.objective == pytest.approx(best, abs=0.005)
    assert (solution.bound, solution.gap) == (solution.objective, 0.0)


@settings(deadline=None, max_examples=40)
@given(rounds(outlets=3, tasks=4))
def test_every_answer_keeps_the_limits_and_adds_up(made):
    tasks, rooms, partners, weights = made
    solution = solved(made)
    new = {one.pitch_id: one for one in tasks if not one.holder}
    assert {choice.pitch_id for choice in solution.choices} | set(solution.escalated) == set(new)
    assert len(solution.choices) + len(solution.escalated) == len(new)
    taken = {one.id: one.halves_used for one in rooms}
    for choice in solution.choices:
        hands = {choice.outlet, *choice.partners}
        assert len(hands) == 1 + len(choice.partners) <= 1 + partners
        assert not hands & new[choice.pitch_id].barred
        assert not hands & set(choice.recused)
        taken[choice.outlet] += HALVES
        for partner in choice.partners:
            taken[partner] += 1
    for one in rooms:
        assert taken[one.id] <= max(HALVES * one.capacity_per_day, one.halves_used)
    for one, other in combinations(solution.choices, 2):
        if other.pitch_id in new[one.pitch_id].apart or one.pitch_id in new[other.pitch_id].apart:
            assert not {one.outlet, *one.partners} & {other.outlet, *other.partners}
    points = sum(
        choice.points
        + sum(worth(terms.values()) for terms in choice.partners.values())
        - weights.channel_missed * len(choice.missed)
        for choice in solution.choices
    )
    assert points - weights.escalation * len(solution.escalated) == pytest.approx(solution.objective, abs=0.005)


@settings(deadline=None, max_examples=30)
@given(rounds())
def test_pricing_columns_out_changes_no_optimum(made):
    plain = solved(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programme, "FEW_COLUMNS", 0)
        assert solved(made).objective == pytest.approx(plain.objective, abs=0.005)


@settings(deadline=None, max_examples=30)
@given(rounds())
def test_doing_it_by_hand_is_never_better_and_the_relaxed_bound_never_worse(made):
    tasks, rooms, partners, weights = made
    case, solution = make_case(tasks, rooms, partners, weights), solved(made)
    assert score(case, greedy(case)) <= solution.objective + 0.005
    if case.tasks:
        assert formulate(case).programme.relaxed_bound(5.0) >= solution.objective - 0.005


@settings(deadline=None, max_examples=30)
@given(rounds())
def test_the_order_of_the_input_does_not_matter(made):
    tasks, rooms, partners, weights = made
    first = solved(made)
    assert optimise(tasks[::-1], rooms[::-1], partners=partners, weights=weights) == first
    assert solved(made) == first


# ── what decides ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_pitched_it_gets_it_and_knows_why():
    rooms = [room("a", regions=("石龙",)), room("b")]
    choice = only([task(1, place="石龙", pitchers=frozenset({"b"}))], rooms)
    assert choice.outlet == "a", "去石龙的路程抵过了报题多出的 10 分"
    choice = only([task(1, pitchers=frozenset({"b"}))], rooms)
    assert choice.outlet == "b"
    assert choice.terms["pitcher"].why == "选题是它报的"
    (other,) = choice.alternatives
    assert (other.outlet, other.points, other.why) == ("a", 0.0, "换成它总分少 50 分")


def test_the_place_then_the_beat_then_the_rota_decide():
    rooms = [room("a", on_duty=True), room("b", beats=("体育",)), room("c", regions=("石龙镇", "石龙"))]
    tasks = [task(1, place="石龙镇西湖"), task(2, subjects=("体育",)), task(3)]
    assert outlets(optimise(tasks, rooms, partners=0)) == {1: "c", 2: "b", 3: "a"}


def test_the_campaigns_weights_decide():
    rooms = [room("a", regions=("石龙",)), room("b", beats=("体育",))]
    one = [task(1, place="石龙", subjects=("体育",))]
    assert outlets(optimise(one, rooms, partners=0)) == {1: "a"}
    assert outlets(optimise(one, rooms, partners=0, weights=AssignmentWeights(region=0, beat=100))) == {1: "b"}


def test_fairness_moves_work_to_the_less_used():
    rooms = [room("a", recent=8), room("b", recent=1)]
    assert outlets(optimise([task(1)], rooms, partners=0)) == {1: "b"}
    bigger = [room("a", recent=8, size=400), room("b", recent=1)]
    assert outlets(optimise([task(1)], bigger, partners=0)) == {1: "a"}


def test_work_spreads_before_anyone_gets_a_second_piece():
    rooms = [room("a", capacity_per_day=3), room("b", capacity_per_day=3), room("c", capacity_per_day=3)]
    assert sorted(outlets(optimise([task(1), task(2), task(3)], rooms, partners=0)).values()) == ["a", "b", "c"]


def test_equals_are_told_apart_by_lot_and_not_by_name():
    rooms = [room(name) for name in "abcdefgh"]
    many = optimise([task(n) for n in range(4)], rooms, partners=0)
    assert sorted(outlets(many).values()) != ["a", "b", "c", "d"]
    one, again = only([task(1)], rooms), only([task(7)], rooms)
    assert one.outlet == again.outlet, "期次不同，抽签的结果相同"
    assert {other.why for other in one.alternatives} == {"与它同分，由固定的抽签决定"}


def test_a_trip_serves_every_task_of_the_place_and_is_counted_once():
    rooms = [room("a", capacity_per_day=9), room("b", regions=("石龙",), capacity_per_day=1, halves_used=2)]
    solution = optimise([task(n, place="石龙", title=f"夜赛{n}") for n in (1, 2)], rooms, partners=0)
    one, other = solution.choices
    assert (one.terms["travel"].points, one.terms["travel"].why) == (-11.0, "要到石龙采访")
    assert (other.terms["travel"].points, other.terms["travel"].why) == (0.0, "与“夜赛1”同一地点，一趟采回")


def test_who_is_there_anyway_goes():
    rooms = [room("a"), room("b"), room("c", regions=("石龙",), halves_used=4)]
    for there in "ab":
        choice = only([task(1, place="石龙"), task(2, place="石龙", holder=there)], rooms)
        assert choice.outlet == there
        assert choice.terms["travel"].why == "当天本来就在石龙采访，顺路"


# ── joint coverage ───────────────────────────────────────────────────────────────────────────────────────────────


def test_partners_support_where_the_story_happens_or_the_whole_city_looks():
    rooms = [room("a"), room("b", regions=("石龙",)), room("c", beats=("体育",))]
    pitched = frozenset({"a"})
    weights = AssignmentWeights(pitcher=200)
    (local,) = optimise([task(1, place="石龙", pitchers=pitched)], rooms, partners=1, weights=weights).choices
    assert (local.outlet, set(local.partners)) == ("a", {"b"})
    assert "就近协同" in local.partners["b"]["region"].why
    hot = only([task(1, subjects=("体育",), pitchers=pitched, from_board=True)], rooms, 1)
    assert (hot.outlet, set(hot.partners)) == ("a", {"c"})
    assert only([task(1, subjects=("体育",), pitchers=pitched)], rooms, 1).partners == {}
    assert only([task(1, place="石龙", pitchers=pitched)], rooms).partners == {}


def test_the_outlet_on_duty_leads_what_several_pitched_and_they_support_it():
    rooms = [room("a"), room("b"), room("c", on_duty=True)]
    several = task(1, pitchers=frozenset("ab"))
    joint = only([several], rooms, 2)
    assert (joint.outlet, set(joint.partners)) == ("c", {"a", "b"})
    assert (joint.terms["joint"].points, joint.terms["joint"].why) == (150.0, "本周轮值，牵头联合报道")
    assert joint.partners["a"]["pitcher"].why == "选题它也报了，可联合策划"
    alone = only([task(1, pitchers=frozenset("a"))], rooms, 2)
    assert (alone.outlet, "joint" in alone.terms) == ("a", False)
    assert only([several], rooms).outlet in "ab", "没有协同就不是联合报道"


def test_on_duty_but_full_it_leads_nothing():
    rooms = [room("a"), room("b"), room("c", on_duty=True, halves_used=3)]
    assert only([task(1, pitchers=frozenset("ab"))], rooms, 2).outlet in "ab"


def test_a_channel_wanted_is_covered_by_a_partner_that_has_the_account():
    rooms = [room("a", regions=("石龙",)), room("b", channels=frozenset({"bilibili"}))]
    one = task(1, place="石龙", channels=("bilibili",))
    choice = only([one], rooms, 1)
    assert (choice.outlet, set(choice.partners), choice.missed) == ("a", {"b"}, ())
    assert choice.partners["b"]["channel"].why == "有哔哩哔哩账号，可代发"
    assert only([one], rooms).outlet == "b", "没有协同，渠道比属地要紧"


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────


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


def test_everything_that_keeps_a_task_from_everybody_is_counted():
    rooms = [room("a"), room("b", avoids=("甲公司",)), room("c"), room("d", halves_used=4)]
    tasks = [task(1, text="甲公司", barred=frozenset("a"), apart=frozenset({2})), task(2, holder="c")]
    why = "4 家媒体中，1 家已推辞或超时未答，1 家应当回避，1 家已承担对立的选题，1 家当日产能已满"
    assert optimise(tasks, rooms, partners=0).escalated == {1: why}


def test_the_other_side_goes_to_another_outlet_as_partner_too():
    rooms = [room("a", regions=("石龙",), capacity_per_day=9), room("b", capacity_per_day=9)]
    sides = [task(1, place="石龙", apart=frozenset({2})), task(2, place="石龙")]
    solution = optimise(sides, rooms, partners=1)
    assert sorted(outlets(solution).values()) == ["a", "b"]
    assert all(not choice.partners for choice in solution.choices)
    elsewhere = next(choice for choice in solution.choices if choice.outlet == "b")
    mine = next(choice.pitch_id for choice in solution.choices if choice.outlet == "a")
    assert elsewhere.alternatives[0].why == f"这次承担了与它对立的选题 #{mine}"


def test_who_is_involved_keeps_out_and_that_is_said():
    choice = only([task(1, text="甲公司搬家")], [room("a", avoids=("甲公司",), on_duty=True), room("b")])
    assert (choice.outlet, choice.recused) == ("b", {"a": "与“甲公司”有关联，应当回避"})


def test_why_not_the_others():
    rooms = [room("a", regions=("石龙",), halves_used=4), room("b"), room("c")]
    choice = only([task(1, place="石龙", pitchers=frozenset({"b"}))], rooms)
    assert [(other.outlet, other.why) for other in choice.alternatives] == [
        ("a", "当日产能已满"),
        ("c", "换成它总分少 50 分"),
    ]
    one = [room("a", regions=("石龙",), capacity_per_day=1), room("b", capacity_per_day=9)]
    tasks = [task(1, place="石龙"), task(2, place="石龙", pitchers=frozenset({"a"}))]
    moved = next(choice for choice in optimise(tasks, one, partners=0).choices if choice.outlet == "b")
    assert moved.alternatives[0].why == "当日产能给了更需要它的选题"


# ── the edges ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_to_do():
    nothing = optimise([], [room("a")], partners=1)
    assert nothing == Solution("empty", 0.0, 0.0, 0.0, (), {})
    assert (nothing.proof, nothing.problems) == ("没有要派的选题", ())
    assert optimise([task(1, holder="a")], [room("a")], partners=1) == nothing
    assert optimise([task(1)], [], partners=1).escalated == {1: "集群里没有媒体"}


def test_only_so_many_problems_are_told_at_once():
    solution = optimise([task(n, barred=frozenset("a")) for n in range(60)], [room("a")], partners=0)
    assert len(solution.relaxations) == 60
    assert len(solution.problems) == 51
    assert solution.problems[-1] == "另有 10 处，见各选题和任务的记录"


def test_out_of_time_everything_is_accounted_for_and_the_gap_is_said():
    tasks = [task(n, place=PLACES[n % 3], pitchers=frozenset({f"o{n % 9}"})) for n in range(200)]
    rooms = [room(f"o{n}", regions=(PLACES[n % 3],), capacity_per_day=9, recent=n) for n in range(30)]
    solution = optimise(tasks, rooms, partners=2, time_limit=0.0)
    assert solution.status == "time_limit"
    assert len(solution.choices) + len(solution.escalated) == 200
    assert solution.bound >= solution.objective
    assert solution.gap > 0
    assert solution.proof in solution.problems
    assert f"还能高 {solution.bound - solution.objective:.2f} 分" in solution.proof
    assert solution.proof.startswith("限时内没有证明是最好的分法")


def test_a_hundred_pitches_and_thirty_eight_outlets_are_proved():
    dice = random.Random(3)
    places = [f"镇{chr(0x4E00 + n)}" for n in range(32)]
    rooms = [
        room(
            f"o{n:02}",
            kind="city" if n < 3 else "town",
            size=dice.randint(3, 200 if n < 3 else 20),
            regions=(places[n - 6],) if n >= 6 else ("东莞",),
            capacity_per_day=dice.randint(2, 4),
            halves_used=dice.randint(0, 3),
            recent=dice.randint(0, 12),
            on_duty=n == 9,
        )
        for n in range(38)
    ]
    tasks = [
        task(
            n,
            place=dice.choice((None, *places)),
            pitchers=frozenset(dice.sample([one.id for one in rooms], dice.randint(0, 2))),
            from_board=dice.random() < 0.2,
            barred=frozenset(dice.sample([one.id for one in rooms], dice.randint(0, 3))),
        )
        for n in range(100)
    ]
    solution = optimise(tasks, rooms, partners=1)
    assert solution.status == "optimal"
    assert solution.proof == f"已证明是总分最高的分法（{solution.objective:.2f} 分）"
    case = make_case(tasks, rooms, 1)
    assert score(case, greedy(case)) < solution.objective <= formulate(case).programme.relaxed_bound(5.0)
