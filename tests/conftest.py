"""Shared by all tests: a private home for keys and caches, English messages, hypothesis profiles."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

settings.register_profile("quick", max_examples=45, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure() -> None:
    """A job in the background of a shell is born deaf to Ctrl-C, and so would be every program that a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ATTTCLI_HOME", str(home))
    monkeypatch.delenv("ATTTCLI_WORKSPACE", raising=False)


@pytest.fixture(autouse=True)
def nothing_is_there_to_stay() -> Iterator[None]:
    """A command freezes its rules for the rest of its process; here that would keep every workspace that a test left open."""
    yield
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.set_threshold(700, 10, 10)
        if len(os.listdir("/proc/self/fd" if sys.platform == "linux" else ".")) > 200:
            gc.collect()


@pytest.fixture(autouse=True, scope="session")
def keep_this_process_quick() -> Iterator[None]:
    """A scan that makes itself the last in every queue would do so for all tests that come after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("atttcli.field.throttle.be_nice", lambda: True)
        yield
