"""The workspace's database: one connection factory, migrations, a module per aggregate."""
