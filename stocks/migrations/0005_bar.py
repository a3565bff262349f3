"""Bars: a row a stock and trading day."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import stocks.models.fields


class Migration(migrations.Migration):
    """Bars: a row a stock and trading day."""

    dependencies = [("stocks", "0004_historicalstock")]

    operations = [
        migrations.CreateModel(
            name="Bar",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stock_id",
                        "date",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("date", models.DateField(verbose_name="date")),
                (
                    "open",
                    stocks.models.fields.ExactDecimalField(
                        decimal_places=4,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="open",
                    ),
                ),
                (
                    "high",
                    stocks.models.fields.ExactDecimalField(
                        decimal_places=4,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="high",
                    ),
                ),
                (
                    "low",
                    stocks.models.fields.ExactDecimalField(
                        decimal_places=4,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="low",
                    ),
                ),
                (
                    "close",
                    stocks.models.fields.ExactDecimalField(
                        decimal_places=4,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="close",
                    ),
                ),
                (
                    "volume",
                    models.BigIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="volume",
                    ),
                ),
                (
                    "amount",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=20,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="amount",
                    ),
                ),
                (
                    "turnover",
                    stocks.models.fields.PercentField(
                        blank=True,
                        decimal_places=4,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="turnover rate",
                    ),
                ),
                (
                    "adjusted_close",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="The close as if later splits had been made already.",
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="adjusted close",
                    ),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bars",
                        to="stocks.stock",
                        verbose_name="stock",
                    ),
                ),
            ],
            options={
                "verbose_name": "bar",
                "verbose_name_plural": "bars",
            },
        ),
    ]
