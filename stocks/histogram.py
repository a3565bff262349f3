"""How the values of a column are distributed over the stocks, drawn small."""

from dataclasses import dataclass

from django.db.models import Case, Count, ExpressionWrapper, IntegerField, Max, Min, Value, When
from django.utils.html import format_html, strip_tags
from django.utils.translation import gettext as _

BARS = 24
# The picture in units of its own, stretched to where it stands; a grey that light and dark bear.
WIDTH, HEIGHT = 10, 40
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}" viewBox="0 0 {} {}" '
    'preserveAspectRatio="none"><path fill="#7b8494" d="{}"/></svg>'
)


def step_of(name, edges, first=0):
    """Return the expression of which step a value is in, found by halving the steps."""
    if not edges:
        return Value(first)
    half = len(edges) // 2
    below = step_of(name, edges[:half], first)
    above = step_of(name, edges[half + 1 :], first + half + 1)
    return Case(When(**{f"{name}__lt": edges[half]}, then=below), default=above)


@dataclass(frozen=True)
class Histogram:
    """How many stocks have a value in each of equal steps between the outermost hundredths.

    Outliers count in the end steps; `least` and `most` are the outermost values of all.
    """

    column: object
    counts: tuple = ()
    least: object = None
    most: object = None

    @classmethod
    def of(cls, stocks, column):
        """Count the stocks by their value of a column; only the counts leave the database."""
        name = column.name
        valued = stocks.exclude(**{name: None}).order_by()
        ends = valued.aggregate(least=Min(name), most=Max(name), all=Count("pk"))
        cut = ends.pop("all") // 100
        if ends["least"] is None:
            return cls(column)
        values = valued.values_list(name, flat=True)
        low, high = (values.order_by(order)[cut] for order in (name, f"-{name}"))
        edges = [low + (high - low) * place / BARS for place in range(1, BARS)]
        step = ExpressionWrapper(step_of(name, edges), IntegerField())
        found = dict(valued.annotate(step=step).values_list("step").annotate(Count("pk")))
        return cls(column, tuple(found.get(place, 0) for place in range(BARS)), **ends)

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
