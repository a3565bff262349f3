"""What the first visit costs: the real server, files collected, nothing in the browser yet."""

import pytest

from ..processes import serving_copy

MOST_BYTES = 60 * 1024
MOST_BYTES_OF_A_CHART = 120 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a copy of the site that is served as `make run` does it."""
    with serving_copy(tmp_path_factory.mktemp("site")) as url:
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


def test_a_chart_of_thirteen_years_takes_few_bytes(site, new_context):
    page = new_context(base_url=site).new_page()
    sizes = weighed(page)
    page.goto("/stocks/AAPL.US/", wait_until="networkidle")
    page.locator("[data-drawn]").wait_for(state="attached")
    print(f"{len(sizes)} answers, {sum(sizes)} bytes")
    assert sum(sizes) <= MOST_BYTES_OF_A_CHART
