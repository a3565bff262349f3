"""FastAPI with SQLAlchemy and Jinja2, a session of the database a request. Served by uvicorn."""

from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from sqlalchemy.orm import Session

from .sql import PER_PAGE, engine, first_page

app = FastAPI()
templates = Jinja2Templates(directory=Path(__file__).parent / "templates")


def open_session():
    """Lend a session of the database to a request."""
    with Session(engine) as session:
        yield session


@app.get("/", response_class=HTMLResponse)
def index(request: Request, session: Annotated[Session, Depends(open_session)]):
    """Show the first page of the table."""
    stocks, total = first_page(session)
    context = {"stocks": stocks, "pages": -(-total // PER_PAGE)}
    return templates.TemplateResponse(request, "jinja.html", context)


@app.post("/{pk}/add")
def add(pk: int):
    """Go back to the table: nobody presses the button here."""
    return RedirectResponse("/", status_code=303)
