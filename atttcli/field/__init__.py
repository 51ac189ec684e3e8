"""The scanner core that also runs alone on agency machines: walk, open safely, match, unpack, remember, account.

Standard library, sqlite3 and yara-python, and PyNaCl in `seal` alone; Python 3.8-clean (docs/decisions/0020, 0190).
"""
