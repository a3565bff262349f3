"""nginx serving the finished page as a file: as fast as a page can leave this machine."""

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
    default_type "text/html; charset=utf-8";
    gzip_static on;
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


def prepare(folder, port, plain, compressed):
    """Put the page in `folder`, plain and compressed, and return the command that serves it.

    The page's address is /page.html. Without a compressed one nginx sends the plain one.
    """
    pages = folder / "pages"
    pages.mkdir(parents=True)
    (pages / "page.html").write_bytes(plain)
    if compressed:
        (pages / "page.html.gz").write_bytes(compressed)
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(workers=WORKERS, port=port))
    options = ("-p", folder, "-c", configuration, "-e", folder / "error.log")
    return (program("nginx"), *options, "-g", "daemon off;")
