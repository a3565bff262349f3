"""What a visit costs, the first and the next one: the real server, files collected."""

import pytest

from ..processes import serving_copy

# What is there when all is loaded, how often, and the most bytes that it may have taken, with
# nothing in the browser yet and when one comes again.
VISITS = {
    "/": ("[data-row]", 99, (60 * 1024, 12 * 1024)),
    "/stocks/AAPL.US/": ("[data-drawn]", 1, (120 * 1024, 12 * 1024)),
}


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


# One test: each process of the tests that had one would make a site of its own.
def test_a_visit_takes_few_bytes(site, new_context):
    for path, (sign, times, bounds) in VISITS.items():
        context = new_context(base_url=site)
        for most in bounds:
            page = context.new_page()
            sizes = weighed(page)
            page.goto(path, wait_until="networkidle")
            page.locator(sign).first.wait_for(state="attached")
            assert page.locator(sign).count() == times
            assert len(sizes) >= 4
            print(f"{path}: {len(sizes)} answers, {sum(sizes)} bytes")
            assert sum(sizes) <= most
