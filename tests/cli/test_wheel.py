"""The wheel alone, from another folder, does the main job: rules, playbooks, seeds, schemas and catalogues are in it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("hatchling")


def _run(*command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONNOUSERSITE": "1", **variables}
    environment.pop("ATTTCLI_WORKSPACE", None)
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=110
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked by pip without a network: nothing of the checkout is on the path."""
    place = tmp_path_factory.mktemp("wheel")
    built = _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place), cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (wheel,) = place.glob("atttcli-*.whl")
    target = place / "installed"
    pip = _run(
        sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", "--target", str(target), str(wheel),
        cwd=place,
    )  # fmt: skip
    assert pip.returncode == 0, pip.stderr
    return target


def _python(installed: Path, code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Isolated from the checkout: the editable install's path file is not read (-S), the dependencies are named."""
    start = f"import sys; sys.path += [{str(installed)!r}, {sysconfig.get_paths()['purelib']!r}]; {code}"
    return _run(sys.executable, "-I", "-S", "-c", start, *arguments, cwd=cwd, ATTTCLI_HOME=str(cwd / "home"))


def test_the_package_is_the_installed_one(installed: Path, tmp_path: Path) -> None:
    done = _python(installed, "import atttcli; print(atttcli.__file__)", cwd=tmp_path)
    assert done.stdout.strip().startswith(str(installed)), done.stderr


@pytest.mark.parametrize("kind", ["rules", "playbooks", "seeds", "schemas"])
def test_the_data_is_in_the_wheel(installed: Path, tmp_path: Path, kind: str) -> None:
    code = f"from atttcli.packaged import packaged as p; f = p({kind!r}); print(f, sum(1 for _ in f.rglob('*.*')))"
    place, count = _python(installed, code, cwd=tmp_path).stdout.split()
    assert place.startswith(str(installed))
    assert int(count) > 0


def test_the_main_job_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = _python(installed, "from atttcli.cli.main import run; run()", "demo", "here", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (tmp_path / "here" / "bac-kan" / "outbox" / "bao-cao-SC-2021-0001.vi.docx").stat().st_size > 10_000
    assert "Báo cáo" in done.stdout  # the catalogue is in the wheel: the demo speaks Vietnamese
