"""Drills: scenarios, their clock, injects made on the spot, actions read from the journal, scores that cite it."""
