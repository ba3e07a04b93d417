import os
import subprocess
import sys

SCRIPT = """
import random
from rongmei.assignments.model import Newsroom, Task
from rongmei.assignments.optimise import optimise

dice, places = random.Random(5), "甲乙丙丁戊己庚辛壬"
ids = [f"o{n}" for n in range(len(places))]
rooms = [
    Newsroom(o, o, "town", 9, (place,), ("体育",), 3, channels=frozenset(dice.sample(("douyin", "weibo"), 1)))
    for o, place in zip(ids, places)
]
tasks = [
    Task(
        n,
        f"选题{n}",
        place=dice.choice(places),
        pitchers=frozenset(dice.sample(ids, 2)),
        barred=frozenset(dice.sample(ids, 3)),
        channels=("douyin", "weibo"),
        apart=frozenset({n - 1, n - 2}),
        holder="o3" if n % 7 == 0 else None,
        held_partners=frozenset(ids[4:6] if n % 7 == 0 else ()),
    )
    for n in range(30)
]
print(optimise(tasks, rooms, partners=2))
"""


def test_the_same_input_gives_the_same_bytes_whatever_order_sets_have():
    told = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert b"status='optimal'" in told.pop()
