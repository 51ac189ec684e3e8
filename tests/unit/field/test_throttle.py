"""The share of a processor holds whatever the work looks like; a laptop's battery is left alone."""

import random

import pytest

from atttcli.field.throttle import Throttle, on_battery


class Machine:
    """A clock and a processor meter that work moves on."""

    def __init__(self):
        self.now = self.used = 0.0

    def work(self, seconds, waiting=0.0):
        self.now += seconds + waiting
        self.used += seconds

    def sleep(self, seconds):
        self.now += seconds


def held(percent, pieces):
    machine = Machine()
    throttle = Throttle(percent, lambda: machine.now, lambda: machine.used, machine.sleep)
    for piece in pieces:
        machine.work(*piece)
        throttle.pause()
    return machine


@pytest.mark.parametrize("percent", [5, 30, 75])
def test_the_share_holds_for_small_and_large_files(percent):
    rng = random.Random(1)
    machine = held(percent, [(rng.choice([0.001, 0.01, 0.4]),) for _file in range(2000)])
    assert machine.used / machine.now == pytest.approx(percent / 100, rel=0.02)


def test_two_threads_at_once_are_held_to_the_same_share():
    machine = Machine()
    throttle = Throttle(30, lambda: machine.now, lambda: machine.used, machine.sleep)
    for _file in range(500):
        machine.now += 0.01
        machine.used += 0.02  # two threads
        throttle.pause()
    assert machine.used / machine.now == pytest.approx(0.3, rel=0.02)


def test_a_minute_of_waiting_for_the_disk_is_not_saved_up_for_a_burst():
    machine = Machine()
    throttle = Throttle(30, lambda: machine.now, lambda: machine.used, machine.sleep)
    machine.work(0, waiting=600)
    throttle.pause()
    begin = machine.now, machine.used
    for _file in range(400):
        machine.work(0.1)
        throttle.pause()
    share = (machine.used - begin[1]) / (machine.now - begin[0])
    assert share < 0.33


def test_a_time_limit_is_not_slept_past():
    machine = Machine()
    throttle = Throttle(1, lambda: machine.now, lambda: machine.used, machine.sleep)
    machine.work(10)
    throttle.pause(until=12.0)
    assert machine.now <= 12.5


def test_without_a_limit_nothing_is_slept():
    assert held(0, [(1.0,)] * 5).now == 5.0


def supply(folder, name, **words):
    (folder / name).mkdir()
    for entry, word in words.items():
        (folder / name / entry).write_text(word + "\n")


def test_on_battery_is_said_only_of_a_discharging_battery_without_mains(tmp_path):
    assert not on_battery(str(tmp_path / "none"))
    supply(tmp_path, "hid-mouse", type="Battery", scope="Device", status="Discharging")
    assert not on_battery(str(tmp_path))
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    assert on_battery(str(tmp_path))
    supply(tmp_path, "AC", type="Mains", online="1")
    assert not on_battery(str(tmp_path))
