"""Advisories: one warning to many agencies, each delivery followed until it is verified."""
