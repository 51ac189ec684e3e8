"""From what a source states or a rule matched to a stored alert: identity, counting, agency and system, muting."""
