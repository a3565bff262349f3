"""What the first visit costs: the real server, files collected, nothing in the browser yet."""

import shutil

import pytest

from ..mariadb import free_port
from ..processes import ROOT, environment, run, serving

MOST_BYTES = 60 * 1024
MOST_BYTES_OF_A_CHART = 120 * 1024
MOST_MILLISECONDS_OF_A_CHART = 1000
SITE = ("fixtures", "locale", "static", "stocks", "stocksite", "templates")


@pytest.fixture
def site(tmp_path):
    """The address of a copy of the site that is served as `make run` does it."""
    for folder in SITE:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    manage = str(shutil.copy(ROOT / "manage.py", tmp_path))
    env = environment(tmp_path)
    for command in (["prepare"], ["collectstatic", "--no-input"]):
        done = run(manage, *command, env=env)
        assert done.returncode == 0, done.stderr
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with serving(manage, "serve", str(port), env=env, url=url):
        yield url


def weighed(page):
    """Return the list that gets the size of everything the page loads."""
    sizes = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    return sizes


def test_the_first_visit_takes_few_bytes(site, new_context):
    page = new_context(base_url=site).new_page()
    sizes = weighed(page)
    page.goto("/", wait_until="networkidle")
    assert page.locator("[data-row]").count() == 99
    assert len(sizes) >= 4
    print(f"{len(sizes)} answers, {sum(sizes)} bytes")
    assert sum(sizes) <= MOST_BYTES


def visit_of_a_chart(page):
    """Return the bytes and the milliseconds until the chart of a first visit is on the screen."""
    sizes = weighed(page)
    # The script marks the chart as drawn; the frame after the next one has it on the screen.
    page.add_init_script("""
      new MutationObserver(() => {
        if (window.drawn || !document.querySelector("[data-drawn]")) return;
        window.drawn = new Promise((resolve) => {
          requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
        });
      }).observe(document, { subtree: true, attributes: true });
    """)
    page.goto("/stocks/AAPL.US/", wait_until="networkidle")
    return sum(sizes), page.evaluate("window.drawn")


def test_a_chart_of_thirteen_years_comes_quickly_and_small(site, new_context):
    visits = [visit_of_a_chart(new_context(base_url=site).new_page()) for _time in range(3)]
    print(", ".join(f"{size} bytes, drawn after {time:.0f} ms" for size, time in visits))
    assert max(size for size, _time in visits) <= MOST_BYTES_OF_A_CHART
    # The quickest, for the machine may be busy with something else.
    assert min(time for _size, time in visits) <= MOST_MILLISECONDS_OF_A_CHART
