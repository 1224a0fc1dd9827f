"""The database handle, the column types every model uses, and how SQLite must be driven."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, DateTime, Engine, Enum, MetaData, Numeric, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, registry
from sqlalchemy.types import TypeDecorator, TypeEngine


class Exact(TypeDecorator[Decimal]):
    """A ``Decimal`` with six places, exact on PostgreSQL and on SQLite.

    SQLite has no decimal type and would go through ``float``; there the value
    is kept as a whole number of millionths, so sums and comparisons stay exact.
    Never multiply two ``Exact`` columns in SQL: do it in Python.
    """

    impl = Numeric(18, 6)
    cache_ok = True
    _scale = Decimal(1_000_000)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of the database at hand."""
        kind = BigInteger() if dialect.name == "sqlite" else Numeric(18, 6)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        """Turn a Decimal into what the database keeps; more than six places are refused."""
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError(f"float {value!r}: quantities and money are Decimal")
        millionths = Decimal(value) * self._scale
        if millionths != millionths.to_integral_value():
            raise ValueError(f"{value} has more than six decimal places: round it first")
        return int(millionths) if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Turn what the database keeps into a Decimal."""
        if value is None:
            return None
        number = Decimal(value) / self._scale if dialect.name == "sqlite" else Decimal(value)
        return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored and returned in UTC. Naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC; SQLite keeps no zone, so all it holds is UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: attach a time zone first")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Names = Annotated[dict[str, str], "text per language"]
"""A column of texts per language: ``{"en": "Pump body", "zh_Hant": "泵體"}``."""


class Base(DeclarativeBase):
    """Teach every model our column types and constraint names."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    registry = registry(
        metadata=metadata,
        type_annotation_map={
            Decimal: Exact,
            datetime: UtcDateTime,
            dict: JSON,
            list: JSON,
            dict[str, str]: JSON,
            dict[str, Any]: JSON,
            list[str]: JSON,
            list[int]: JSON,
            list[Any]: JSON,
            Names: JSON,
            enum.Enum: Enum(
                enum.Enum,
                native_enum=False,
                create_constraint=True,
                length=30,
                values_callable=lambda kind: [member.value for member in kind],
            ),
        },
    )


db = SQLAlchemy(
    model_class=Base, session_options={"autoflush": True, "expire_on_commit": False}, disable_autonaming=False
)
migrate = Migrate(render_as_batch=True)


@event.listens_for(Engine, "connect")
def _configure_sqlite(connection: Any, _record: Any) -> None:
    """Make SQLite durable, patient and strict; SQLAlchemy alone begins transactions."""
    if not type(connection).__module__.startswith("sqlite3"):
        return
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once unless the transaction only reads."""
    if connection.dialect.name != "sqlite":
        return
    readonly = connection.get_execution_options().get("readonly")
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


@event.listens_for(db.session, "do_orm_execute")
def _read_locked_rows_anew(state: ORMExecuteState) -> None:
    """Whoever waited for a row's lock sees it as it was left, not as it was read before."""
    if state.is_select and getattr(state.statement, "_for_update_arg", None) is not None:
        state.update_execution_options(populate_existing=True)


def insert_missing(model: type[Any], **values: Any) -> bool:
    """Insert a row unless one with its key is there: of two who need it first, the second waits and goes on.

    Columns' defaults are not applied by the mapper: give every value. Returns whether it was inserted.
    """
    insert = postgresql.insert if lock_clause_supported() else sqlite.insert
    made = db.session.execute(insert(model).values(**values).on_conflict_do_nothing())
    return bool(made.rowcount)  # type: ignore[attr-defined]


def lock_clause_supported() -> bool:
    """Say whether the database has row locks (PostgreSQL) or one write lock (SQLite)."""
    return db.engine.dialect.name != "sqlite"
