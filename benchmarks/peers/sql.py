"""The table as SQLAlchemy knows it, for the peers that use it."""

import os
from datetime import date
from decimal import Decimal

from sqlalchemy import Numeric, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

PER_PAGE = 100
# The pool is SQLAlchemy's own, as it comes.
engine = create_engine(os.environ["DATABASE_URL"].replace("mysql:", "mysql+pymysql:"))


class Base(DeclarativeBase):
    """What SQLAlchemy's models are made from."""


class Stock(Base):
    """A row of `info`."""

    __tablename__ = "info"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    short: Mapped[str]
    chg: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    turnover: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    price: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    highs: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    time: Mapped[date]


def first_page(session: Session):
    """Return the stocks of the first page and how many there are in all."""
    rows = select(Stock).order_by(Stock.code, Stock.id).limit(PER_PAGE)
    total = session.scalar(select(func.count()).select_from(Stock))
    return session.scalars(rows).all(), total
