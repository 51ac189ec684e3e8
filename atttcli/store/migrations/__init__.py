"""Forward-only schema steps, `NNNN_name.sql`, each run in one transaction."""
