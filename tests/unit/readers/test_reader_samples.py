"""Every reader over its samples in tests/cases/readers: recognised as the folder says, every record as it is written there."""

from __future__ import annotations

import pytest

from tests.support.reader_samples import CASES, ReaderCase, cases, told

ALL = list(cases())


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_a_sample_is_read_as_expected(case: ReaderCase) -> None:
    reader = case.reader()
    assert reader is not None
    if not (case.folder / "mapping.yaml").exists():
        assert reader.name == case.source
    found = [told(record) for record in case.records()]
    for place, (ours, wanted) in enumerate(zip(found, case.expected(), strict=False), 1):
        assert ours == wanted, f"record {place} of {case.name}"
    assert len(found) == len(case.expected())


def test_every_folder_is_whole() -> None:
    for folder in (path for path in CASES.iterdir() if path.is_dir()):
        assert len(list(folder.glob("sample.*"))) == 1, folder
        assert (folder / "expected.jsonl").is_file(), folder
