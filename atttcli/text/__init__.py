"""Text that came from outside: shown safely, folded for searching, redacted, kept inert in spreadsheets."""
