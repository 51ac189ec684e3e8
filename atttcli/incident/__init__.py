"""Incidents: lifecycle with guards, deadlines of the profile, timeline, undo."""
