"""Watchlists: the table `focus`."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import stocks.models.fields


class Migration(migrations.Migration):
    """Watchlists: the table `focus`."""

    dependencies = [("stocks", "0002_stock")]

    operations = [
        migrations.CreateModel(
            name="WatchlistEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "note_info",
                    models.CharField(blank=True, default="", max_length=2000, verbose_name="note"),
                ),
                (
                    "added_at",
                    models.DateTimeField(
                        blank=True,
                        default=django.utils.timezone.now,
                        null=True,
                        verbose_name="added",
                    ),
                ),
                (
                    "added_price",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=14,
                        null=True,
                        verbose_name="price when added",
                    ),
                ),
                (
                    "info",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="watchers",
                        to="stocks.stock",
                        verbose_name="stock",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty only for entries adopted from the old site.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watchlist",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "watchlist entry",
                "verbose_name_plural": "watchlist entries",
                "db_table": "focus",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "info"),
                        name="focus_owner_info",
                        violation_error_message="This stock is on this person's watchlist already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("owner", None), ("info__isnull", False), _connector="OR"
                        ),
                        name="focus_owned_has_stock",
                        violation_error_message="An entry that belongs to a person needs a stock.",
                    ),
                ],
            },
        ),
    ]
