"""Kept events: immutable segment files with digests and observables beside them, and what is new in a copy of a log."""
