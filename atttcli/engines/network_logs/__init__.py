"""Network rules over log records: a rule whose every buffer stands in the record is judged as in a capture."""
