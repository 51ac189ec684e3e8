"""Kits that go out to agencies, and which machine was scanned when."""
