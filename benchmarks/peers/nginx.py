"""nginx serving the finished page as a file: as fast as a page can leave this machine."""

import subprocess

from tests.mariadb import program

WORKERS = 2
# Root's nginx would hand its workers to a user who cannot look into the folder.
CONFIGURATION = """
user root;
worker_processes {workers};
pid pid;
error_log error.log;
events {{}}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 65;
    keepalive_requests 1000000000;
    types {{ }}
    default_type "text/html; charset=utf-8";
    {compressed}
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port};
        root pages;
    }}
}}
"""


def has_gzip_static():
    """Return whether this nginx can send a file that was compressed before."""
    said = subprocess.run([program("nginx"), "-V"], capture_output=True, text=True, check=True)
    return "http_gzip_static_module" in said.stderr


def prepare(folder, port, plain, compressed):
    """Put the page in `folder`, plain and compressed, and return the command that serves it.

    The page's address is /page.html. Without a compressed one nginx sends the plain one.
    """
    pages = folder / "pages"
    pages.mkdir(parents=True)
    (pages / "page.html").write_bytes(plain)
    if compressed:
        (pages / "page.html.gz").write_bytes(compressed)
    static = "gzip_static on;" if has_gzip_static() else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(workers=WORKERS, port=port, compressed=static), encoding="utf-8"
    )
    options = ("-p", folder, "-c", configuration, "-e", folder / "error.log")
    return (program("nginx"), *options, "-g", "daemon off;")
