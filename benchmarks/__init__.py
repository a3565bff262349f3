"""How fast the site is, beside what it is measured by: `python -m benchmarks.NAME` each."""
