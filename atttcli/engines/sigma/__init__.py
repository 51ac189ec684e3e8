"""Sigma rules on single events: which rules can concern an event, what they test, and why one matched."""
