"""What is done around every request, where no page shows it."""

import resource

import pytest

from stocks.middleware import room_on_the_stack

pytestmark = pytest.mark.sqlite


def page_faults(depth, calls=500):
    """Return how often the system gave memory for calls from so many frames below."""
    if depth:
        return page_faults(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for number in range(calls):
        str_of(number, number, number, number, number, number, number, number)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def str_of(*numbers):
    """Take some room on the stack."""
    return str(numbers[0])


def test_no_call_has_to_ask_for_memory_however_deep_it_is():
    without = [page_faults(depth) for depth in range(200)]
    within = [room_on_the_stack(page_faults)(depth) for depth in range(200)]
    assert max(within) < 100 < max(without)
