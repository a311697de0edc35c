"""What the portal is compared with: a bare Flask application that reads the same and answers as much.

No sign-in, no rights, no forms, no languages, no log. A page runs the statements that the portal's page was seen to
run, through SQLAlchemy Core; it writes what it read into plain tables and fills the page up to the same size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, render_template_string, request
from sqlalchemy import Engine, String, column, create_engine, event, insert, select, table
from sqlalchemy.orm import Session

from benchmarks.pages import Page
from portal.extensions import db
from portal.kernel.base import new_id
from portal.kernel.database import engine_options

PAGE = """<!DOCTYPE html>
<title>Bare</title>
{% for rows in tables %}<table>
{% for row in rows %}<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>
{% endfor %}</table>
{% endfor %}"""

LINK = table("tracked_link", column("code", String), column("target", String))
NOTE = table("bench_note", column("id", String), column("text", String))


@dataclass(frozen=True)
class Reading:
    """What one page of the portal read, and how many bytes it sent."""

    statements: list[tuple[Any, Any]]
    size: int


def read_like(portal: Flask, page: Page) -> Reading:
    """Ask `portal` for the page, and note what it reads. The first time fills what it remembers."""
    seen: list[tuple[Any, Any]] = []

    def note(_connection: object, statement: Any, many: Any, one: Any, _options: object) -> None:
        if not isinstance(statement, str):
            seen.append((statement, many or one))

    client = portal.test_client(use_cookies=False)
    client.get(page.path, headers=page.headers)
    with portal.app_context():
        engine = db.engine
    event.listen(engine, "before_execute", note)
    answer = client.get(page.path, headers=page.headers)
    event.remove(engine, "before_execute", note)
    if answer.status_code != 200:
        raise RuntimeError(f"{page.path} answered {answer.status}")
    return Reading(seen, len(answer.data))


def make_bare(portal: Flask, pages: dict[str, Page]) -> Flask:
    """`/page/<name>` for each of `pages`, `/l/<code>`, and `POST /notes`; on the portal's database."""
    app = Flask(__name__)
    readings = {name: read_like(portal, page) for name, page in pages.items()}
    url = portal.config["SETTINGS"].resolved_database_url
    engine: Engine = create_engine(url, **engine_options(url))

    @app.get("/page/<name>")
    def page(name: str) -> str:
        reading = readings[name]
        with engine.connect() as connection:
            tables = [connection.execute(statement, values).fetchall() for statement, values in reading.statements]
        html = render_template_string(PAGE, tables=tables)
        return html + " " * (reading.size - len(html.encode()))

    @app.get("/l/<code>")
    def follow(code: str) -> Response:
        with engine.connect() as connection:
            target = connection.execute(select(LINK.c.target).where(LINK.c.code == code)).scalar_one()
        return Response(status=302, headers={"Location": target})

    @app.post("/notes")
    def note() -> Response:
        with Session(engine) as session, session.begin():
            session.execute(insert(NOTE).values(id=new_id(), text=request.form["url"]))
        return Response(status=303, headers={"Location": "/"})

    return app
