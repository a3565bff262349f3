"""The old site's design: a thread and a database connection a request, strings replaced.

    python -m benchmarks.peers.old_design PORT

It was one process; here it gets two, as the others do.
"""

import os
import re
import socket
import sqlite3
import sys
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pymysql

PAGE = Path(__file__).parent / "templates" / "old_design.html"
BACKLOG = 128
ROWS = "SELECT code, short, chg, turnover, price, highs, time FROM info ORDER BY code, id LIMIT 100"
# Without the length, wrk would take the end of the connection for a broken answer.
HEAD = (
    "HTTP/1.1 {}\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Content-Length: {}\r\nConnection: close\r\n\r\n"
)
ROW = """
        <tr>
            <td>{}</td><td>{}</td><td>{}</td><td>{:.2f}%</td><td>{:.2f}%</td>
            <td>{:.2f}</td><td>{:.2f}</td><td>{}</td>
            <td><input type="button" value="添加" name="add" data-code="{}"></td>
        </tr>"""


def connect():
    """Open a connection to the database in DATABASE_URL."""
    url = urlsplit(os.environ["DATABASE_URL"])
    if url.scheme == "sqlite":
        return sqlite3.connect(url.path.removeprefix("/"))
    return pymysql.connect(
        host=url.hostname,
        port=url.port,
        user=url.username,
        password=unquote(url.password),
        database=url.path.removeprefix("/"),
        charset="utf8",
    )


def index():
    """Return the page: the template with the rows in the place of its mark."""
    database = connect()
    cursor = database.cursor()
    cursor.execute(ROWS)
    rows = cursor.fetchall()
    cursor.close()
    database.close()
    content = ""
    for place, row in enumerate(rows, 1):
        content += ROW.format(place, *row, row[0])
    return re.sub(r"\{%content%\}", content, PAGE.read_text(encoding="utf-8"))


PAGES = {"/": index, "/index.html": index}


def answer(client):
    """Read a request, send its page, and hang up."""
    request = client.recv(1024).decode()
    found = re.match(r"[^/]+(/[^ ]*)", request)
    if found:
        page = PAGES.get(found[1])
        status, body = ("200 OK", page()) if page else ("404 Not Found", "no such page")
        data = body.encode()
        client.sendall(HEAD.format(status, len(data)).encode() + data)
    client.close()


def serve(port):
    """Answer for ever, each request in a thread of its own."""
    server = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    os.fork()
    while True:
        client, _address = server.accept()
        threading.Thread(target=answer, args=(client,), daemon=True).start()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
