"""The sites that ours is measured beside, each in two processes of its usual server.

All show the first 100 stocks by code, in the columns of the old site with its button, from the
table `info` of the database in DATABASE_URL. They answer as their tutorials leave them: without
compression, and without a line a request where that can be left out.
"""

WORKERS = 2
GUNICORN = ("gunicorn", f"--workers={WORKERS}", "--bind=127.0.0.1:{port}")
UVICORN = ("uvicorn", f"--workers={WORKERS}", "--no-access-log", "--port={port}")

# What follows `python -m` to serve each of them on a port.
COMMANDS = {
    "old_design": ("benchmarks.peers.old_design", "{port}"),
    "django_taught": (*GUNICORN, "benchmarks.peers.django_taught:application"),
    "flask": (*GUNICORN, "benchmarks.peers.flask_app:app"),
    "fastapi": (*UVICORN, "benchmarks.peers.fastapi_app:app"),
}
