"""How the values of a column are distributed over the stocks, drawn small."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass

from django.utils.html import format_html, strip_tags
from django.utils.translation import gettext as _

BARS = 24
# Of more stocks than the first, a picture of the second looks like one of all of them.
ALL, PART = 6_000, 1_200
# The picture in units of its own, stretched to where it stands; a grey that light and dark bear.
WIDTH, HEIGHT = 10, 40
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}" viewBox="0 0 {} {}" '
    'preserveAspectRatio="none"><path fill="#7b8494" d="{}"/></svg>'
)


@dataclass(frozen=True)
class Histogram:
    """How many stocks have a value in each of equal steps between the outermost hundredths.

    Of many stocks, a part from all over the table is counted.
    Outliers count in the end steps; `least` and `most` are the outermost values of all.
    """

    column: object
    counts: tuple = ()
    least: object = None
    most: object = None

    @classmethod
    def of(cls, stocks, column):
        """Count the stocks by their value of a column."""
        name = column.name
        there = stocks.exclude(**{name: None}).order_by()
        least, most = (there.order_by(order).values_list(name)[:1] for order in (name, f"-{name}"))
        if not least:
            return cls(column)
        ends = least[0][0], most[0][0]
        values = sorted(there.sample(ALL, PART).values_list(name, flat=True)) or ends
        cut = len(values) // 100
        low, high = values[cut], values[-1 - cut]
        edges = [low + (high - low) * place / BARS for place in range(1, BARS)]
        found = Counter(bisect_right(edges, value) for value in values)
        counts = tuple(found[place] for place in range(BARS))
        return cls(column, counts, *ends)

    @property
    def sentence(self):
        """What is drawn, in words."""
        if not self.counts:
            return _("%(name)s: no stock has a value") % {"name": self.column.heading}
        return _("%(name)s of all stocks, from %(least)s to %(most)s: how many have which") % {
            "name": self.column.heading,
            "least": strip_tags(self.column.format(self.least)),
            "most": strip_tags(self.column.format(self.most)),
        }

    @property
    def svg(self):
        """The picture: a bar a step, the most frequent as high as the picture."""
        path = "".join(
            f"M{place * WIDTH} {HEIGHT}v-{max(1, HEIGHT * count / max(self.counts)):.0f}"
            f"h{WIDTH - 1}V{HEIGHT}z"
            for place, count in enumerate(self.counts)
            if count
        )
        return format_html(SVG, self.sentence, BARS * WIDTH, HEIGHT, path)
