"""Flask with SQLAlchemy and Jinja2, a session of the database a request. Served by gunicorn."""

from flask import Flask, g, redirect, render_template, url_for
from sqlalchemy.orm import Session

from .sql import PER_PAGE, engine, first_page

app = Flask(__name__)


@app.before_request
def open_session():
    """Begin a session of the database."""
    g.session = Session(engine)


@app.teardown_request
def close_session(_error):
    """Give its connection back."""
    g.session.close()


@app.get("/")
def index():
    """Show the first page of the table."""
    stocks, total = first_page(g.session)
    pages = -(-total // PER_PAGE)
    return render_template("jinja.html", stocks=stocks, pages=pages)


@app.post("/<int:pk>/add")
def add(pk):
    """Go back to the table: nobody presses the button here."""
    return redirect(url_for("index"))
