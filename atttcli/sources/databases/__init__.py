"""Readers of database servers' logs: PostgreSQL, MySQL and MariaDB, Microsoft SQL Server."""
