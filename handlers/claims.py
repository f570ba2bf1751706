"""What makes a job fire once: a row keyed by a business fact, committed together with the job's effect.

Any number of replicas may try; after a crash before the commit neither claim nor effect is there.
"""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from data.models import Claim
from handlers.message import Context

# PostgreSQL names such locks by number; this one means "somebody is sweeping".
SWEEP_LOCK = 7_390_114


def claim(context: Context, key: str) -> bool:
    """True for the one who may do it now, False where it is done or being done; `key` has at most 128 characters."""
    insert = sqlite.insert if context.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = (
        insert(Claim)
        .values(key=key, at=context.now)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(col(Claim.key))
    )
    return context.session.scalar(statement) is not None


def claimed(context: Context, keys: Collection[str]) -> set[str]:
    """Which of these have fired."""
    return set(context.session.exec(select(Claim.key).where(col(Claim.key).in_(keys))).all())


def sweep_alone(context: Context) -> None:
    """Wait until no other replica sweeps, then nobody else does until this transaction ends.

    SQLite has one writer anyway. Who is killed while sweeping lets go at once, because the server ends its session.
    """
    if context.session.get_bind().dialect.name == "postgresql":
        context.session.execute(sa.select(sa.func.pg_advisory_xact_lock(SWEEP_LOCK)))
