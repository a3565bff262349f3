"""The words from whose start a stock is found."""

from collections import defaultdict

from django.db import connections, models, transaction
from django.db.models.constants import OnConflict
from django.utils.translation import gettext_lazy as _

from ..pinyin import LONGEST_WORD, search_words
from .fields import ExactTextField

# Comes after everything that a word can go on with.
LAST = "\U0010ffff"
# The columns of a stock that its words follow from.
TOLD_BY = ("code", "market", "search_name", "search_pinyin")
AT_ONCE = 2000
ROWS_A_STATEMENT = 4000


class SearchWordQuerySet(models.QuerySet):
    """Finding by words, and keeping them true."""

    def starting(self, text):
        """Return the words that start with a text, which an index finds side by side."""
        return self.filter(word__gte=text, word__lt=f"{text}{LAST}")

    def learn(self, stocks):
        """Give each of `stocks`, a queryset, the words that follow from what is stored of it.

        Where they are so already nothing is written.
        """
        wanted = {pk: search_words(*texts) for pk, *texts in stocks.values_list("pk", *TOLD_BY)}
        known = defaultdict(set)
        for word, stock in self.filter(stock__in=list(wanted)).values_list("word", "stock"):
            known[stock].add(word)
        changed = [stock for stock, words in wanted.items() if words != known.get(stock)]
        renamed = [stock for stock in changed if stock in known]
        if not changed:
            return
        with transaction.atomic(using=self.db):
            if renamed:
                self.filter(stock__in=renamed)._raw_delete(using=self.db)
            insert(connections[self.db], ((w, stock) for stock in changed for w in wanted[stock]))

    def learn_new(self, stocks):
        """Give new stocks, {key: the values of `TOLD_BY`}, their words."""
        pairs = ((word, pk) for pk, texts in stocks.items() for word in search_words(*texts))
        insert(connections[self.db], pairs)


def insert(connection, pairs):
    """Write words, pairs with the key of their stock; those that are there already stay."""
    head = connection.ops.insert_statement(on_conflict=OnConflict.IGNORE)
    head = f"{head} stocks_searchword (word, stock_id) VALUES "
    # In the order of the index fewer of its pages are visited twice.
    pairs = sorted(pairs)
    with connection.cursor() as cursor:
        if connection.vendor != "mysql":
            cursor.executemany(f"{head}(%s, %s)", pairs)
            return
        for start in range(0, len(pairs), ROWS_A_STATEMENT):
            part = pairs[start : start + ROWS_A_STATEMENT]
            # The driver would write value by value, which takes several times as long.
            rows = (f"(x'{word.encode().hex()}',{stock})" for word, stock in part)
            cursor.execute(head + ",".join(rows))


def delete_quietly(collector, _field, words, _using):
    """Delete words with their stock, without listing them to those who are to confirm it."""
    collector.fast_deletes.append(words)


class SearchWord(models.Model):
    """A word from whose start a stock is found; keyed so that words that start alike lie together.

    A word may be typed in part, so that one that another word of the stock starts with is left
    out.
    """

    pk = models.CompositePrimaryKey("word", "stock_id")
    word = ExactTextField(_("word"), max_length=LONGEST_WORD)
    stock = models.ForeignKey(
        "Stock", on_delete=delete_quietly, related_name="words", verbose_name=_("stock")
    )

    objects = SearchWordQuerySet.as_manager()

    class Meta:
        """The table's names."""

        verbose_name = _("search word")
        verbose_name_plural = _("search words")

    def __str__(self):
        """Name the word and the stock's id."""
        return f"{self.word} {self.stock_id}"
