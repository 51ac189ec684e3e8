"""The mailbox watch: months of mail logs to a ranking of accounts with reasons; accounts and known travel of a workspace."""
