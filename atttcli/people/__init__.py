"""People: who works here, in which role, for which agencies; and what the team was taught."""
