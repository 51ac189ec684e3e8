"""The law as data: dated profiles of roles, types, levels, deadlines, forms and words, each with its source."""

from atttcli.profile.decide import applies, classify, due, number, profile_in_force, sender_of
from atttcli.profile.load import load_profile, load_profile_file, profiles
from atttcli.profile.values import Datum, Deadline, Profile

__all__ = [
    "Datum",
    "Deadline",
    "Profile",
    "applies",
    "classify",
    "due",
    "load_profile",
    "load_profile_file",
    "number",
    "profile_in_force",
    "profiles",
    "sender_of",
]
