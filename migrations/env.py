"""How Alembic runs here: inside the one transaction that `agentos_cli.store.migrate` has begun.

There is no `alembic.ini` and no second way in: `agentos db upgrade` hands over the open connection.
"""

from alembic import context

from agentos_cli.store.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # also on SQLite, where Alembic assumes that it cannot be had
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
