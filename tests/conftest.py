"""Shared by all tests: a private home for keys and caches, English messages, hypothesis profiles."""

from __future__ import annotations

import gc
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

from atttcli.rulepack.cache import PrivateCache

LONG = Path(__file__).with_name("longest.txt")  # files that take seconds, the longest first
CACHE = "rules-cache"
SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

settings.register_profile("quick", max_examples=45, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure(config: pytest.Config) -> None:
    """A job in the background of a shell is born deaf to Ctrl-C, and so would be every program that a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.option.loadscopereorder = False  # of xdist: files of many tests first, those of one long test last


def pytest_collect_file() -> None:
    gc.disable()  # what is collected (thousands of tests) stays to the end: half of the time went into looking through it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long first, so that no process is left alone with one; then those of many tests."""
    long = {name: place for place, name in enumerate(LONG.read_text(encoding="ascii").split())}
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (long.get(item.path.name, len(long)), -tests[item.path]))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ATTTCLI_HOME", str(home))
    monkeypatch.delenv("ATTTCLI_WORKSPACE", raising=False)


@pytest.fixture(autouse=True, scope="session")
def keep_this_process_quick() -> Iterator[None]:
    """A scan that makes itself the last in every queue would do so for all tests that come after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("atttcli.field.throttle.be_nice", lambda: True)
        yield


@pytest.fixture(autouse=True, scope="session")
def nothing_is_there_to_stay() -> Iterator[None]:
    """A command freezes its rules for the rest of its process; here that would keep every workspace that a test left open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "atttcli.process.collector.gc", SimpleNamespace(freeze=lambda: None, set_threshold=lambda *_: None)
        )
        yield


@pytest.fixture(autouse=True, scope="session")
def rules_are_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every test has a home of its own and would compile the shipped rules anew; only the folder of compiled rules is shared."""
    shared, begin = tmp_path_factory.mktemp("compiled") / "rules", PrivateCache.__init__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            PrivateCache, "__init__", lambda self, folder: begin(self, shared if folder.name == CACHE else folder)
        )
        yield
