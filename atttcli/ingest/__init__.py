"""Taking in what came: find out what each thing is, read it, match it, store it, and account for every record."""
