"""What the portal must not be: a small app that looks first and writes afterwards. The races' control.

Run as `granian --interface wsgi tests.faults.naive:app` with the database's address in NAIVE_DATABASE.
"""

from __future__ import annotations

import os

from flask import Flask, request
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, func, insert, select, update

app = Flask(__name__)
metadata = MetaData()
counter = Table("counter", metadata, Column("name", String(80), primary_key=True), Column("value", Integer))
taken = Table("taken", metadata, Column("id", Integer, primary_key=True), Column("what", String(80), index=True))
engine = create_engine(os.environ.get("NAIVE_DATABASE", "sqlite://"))


@app.get("/ready")
def ready() -> str:
    return "ready"


@app.post("/take/<name>")
def take(name: str) -> tuple[str, int]:
    """One of what is left, if something is: as places, stock and points would be taken without a condition."""
    left = _value(name)
    if left < 1:
        return "gone", 409
    with engine.begin() as connection:
        connection.execute(update(counter).where(counter.c.name == name).values(value=left - 1))
        connection.execute(insert(taken).values(what=name))
    return "yours", 303


@app.post("/once/<name>")
def once(name: str) -> tuple[str, int]:
    """The first only, if nobody was first: as a post, a decision or a button would be kept without a unique key."""
    with engine.connect() as connection:
        known = connection.scalar(select(func.count()).select_from(taken).where(taken.c.what == name))
    if known:
        return "known", 409
    with engine.begin() as connection:
        connection.execute(insert(taken).values(what=name))
    return "kept", 303


@app.post("/add/<name>")
def add(name: str) -> tuple[str, int]:
    """Points more or less, on top of what was read: as an award and a redemption would be booked without a lock."""
    before = _value(name)
    with engine.begin() as connection:
        points = int(request.form["points"])
        connection.execute(update(counter).where(counter.c.name == name).values(value=before + points))
    return "booked", 303


def _value(name: str) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(select(counter.c.value).where(counter.c.name == name)) or 0)
