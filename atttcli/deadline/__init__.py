"""Clocks: what falls due for whom, reminders and escalations, the hand-over of a shift."""
