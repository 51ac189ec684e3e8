"""Whose signature counts for what, as a person sees it."""

from __future__ import annotations

import shlex

import pytest

from atttcli.field.kit import contents
from atttcli.signing.files import KIT, public_text, sign_file
from atttcli.signing.keys import KeyPair, PublicKey
from tests.cli.test_kit_commands import run
from tests.support.stick_case import Centre, centre

place = pytest.fixture(centre)


def test_a_kit_signed_by_a_partner_whose_rules_we_take_is_not_ours(place: Centre, tmp_path) -> None:
    stick = tmp_path / "usb"
    assert run(place, f"kit build --agency x-vi-huong --os linux -o {stick}").exit_code == 0
    partner = KeyPair.new()
    (tmp_path / "p.pub").write_text(public_text(PublicKey(partner.public.sign)))
    print_read_out = shlex.quote(partner.public.fingerprint)
    told = run(place, f"key trust {tmp_path / 'p.pub'} --name vùng --fingerprint {print_read_out}")
    assert told.exit_code == 0, told.output
    sign_file(partner, stick / contents.FILE, KIT)
    told = run(place, f"kit check {stick}", "en")
    assert (told.exit_code, "NOT TO BE BELIEVED" in told.output) == (7, True), told.output
