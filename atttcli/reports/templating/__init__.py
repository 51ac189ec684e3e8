"""Templates that users put in place of ours: found, measured, run in a process of their own, and their result measured again.

What comes from outside is only parsed in the child (`child`); this side finds files, asks, kills, and lets nothing out that
our own renderers would not give: no active content, no reference to anything outside.
"""
