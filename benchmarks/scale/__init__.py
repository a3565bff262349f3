"""Whether a market of a million stocks is asked as fast as one of 5,400.

    python -m benchmarks.scale

DB=mariadb (the default) or sqlite, in databases of its own. ROWS and SMALL are the sizes, ROUNDS
how often each question is put to both in turn. Every filter is asked under a few orders; ALL=1
asks it under each, ONLY=search,count asks some groups of questions alone, and EVERY=5 asks a fifth
of those. OUTPUT is where the figures go, var/scale.json otherwise.
"""
