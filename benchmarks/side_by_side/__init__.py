"""The market table beside other ways to serve it: `make bench`.

    python -m benchmarks.side_by_side

Everything runs on private ports with the same 5,400 stocks and shows the same page: the first
100 rows with all columns of the old site and its button. Each is asked with `Accept-Encoding:
gzip`; ours and nginx answer compressed, with the same bytes, the peers plain, as they come. The
rounds alternate between all; a figure is the median of its rounds. What the environment may say:

    DB=sqlite       SQLite instead of a MariaDB server of its own
    ROUNDS=3        how often each is measured
    SECONDS=4       for how long each time
    OUTPUT=PATH     where the JSON goes instead of var/bench.json
"""
