"""A folder that is not there is told in Vietnamese on an agency's machine, as every other reason is."""

from atttcli.field import account
from atttcli.field.kit.words import reason


def test_a_missing_root_is_told_in_vietnamese() -> None:
    assert reason(account.MISSING) == "không có tệp hay thư mục này"
