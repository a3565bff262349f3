"""Stocks: the table `info`."""

from decimal import Decimal

import django.core.validators
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.math
from django.db import migrations, models

import stocks.models.fields


class Migration(migrations.Migration):
    """Stocks: the table `info`."""

    dependencies = [("stocks", "0001_user")]

    operations = [
        migrations.CreateModel(
            name="Stock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        max_length=12,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9A-Z^]([0-9A-Z.^=_-]*[0-9A-Z])?\\Z",
                                "A code has letters and digits, with . - _ = ^ between them.",
                            )
                        ],
                        verbose_name="code",
                    ),
                ),
                (
                    "market",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="SH, SZ, BJ, HK, US …; told from the code when left empty.",
                        max_length=8,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{2,8}\\Z", "A market is two or more letters: SZ."
                            )
                        ],
                        verbose_name="market",
                    ),
                ),
                ("short", models.CharField(max_length=64, verbose_name="name")),
                (
                    "chg",
                    stocks.models.fields.PercentField(
                        blank=True,
                        decimal_places=4,
                        help_text="Against the previous close, in percent.",
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(-100)],
                        verbose_name="change",
                    ),
                ),
                (
                    "turnover",
                    stocks.models.fields.PercentField(
                        blank=True,
                        decimal_places=4,
                        help_text="Shares traded on the day, in percent of the shares in circulation.",
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="turnover rate",
                    ),
                ),
                (
                    "price",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="In the currency of the market.",
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="latest price",
                    ),
                ),
                (
                    "highs",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="The highest price before the latest trading day.",
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="previous high",
                    ),
                ),
                ("time", models.DateField(blank=True, null=True, verbose_name="previous high on")),
                (
                    "quote_time",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the latest price was quoted; empty when it is not known.",
                        null=True,
                        verbose_name="quote time",
                    ),
                ),
                (
                    "previous_close",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="What a share cost at the end of the trading day before.",
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="previous close",
                    ),
                ),
                (
                    "open",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="The day's first price.",
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="open",
                    ),
                ),
                (
                    "high",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="The day's highest price.",
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="high",
                    ),
                ),
                (
                    "low",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="The day's lowest price.",
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                        verbose_name="low",
                    ),
                ),
                (
                    "volume",
                    models.BigIntegerField(
                        blank=True,
                        help_text="Shares traded on the day.",
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
                        help_text="What the day's trades cost altogether.",
                        max_digits=20,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="amount",
                    ),
                ),
                (
                    "price_earnings",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="The price in terms of a year's earnings a share; negative with a loss.",
                        max_digits=14,
                        null=True,
                        verbose_name="P/E",
                    ),
                ),
                (
                    "price_book",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="The price in terms of the book value a share.",
                        max_digits=14,
                        null=True,
                        verbose_name="P/B",
                    ),
                ),
                (
                    "market_value",
                    stocks.models.fields.ExactDecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="What all the company's shares cost at the latest price.",
                        max_digits=20,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="market value",
                    ),
                ),
                (
                    "industry",
                    models.CharField(
                        blank=True, default="", max_length=64, verbose_name="industry"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Where the latest price comes from.",
                        max_length=64,
                        verbose_name="source",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Traded"),
                            ("suspended", "Suspended"),
                            ("delisted", "Delisted"),
                        ],
                        default="",
                        help_text="A suspended stock keeps its last price; a delisted one stays here.",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "distance",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.math.Round(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.functions.comparison.Cast(
                                            "price", models.FloatField()
                                        ),
                                        "-",
                                        django.db.models.functions.comparison.Cast(
                                            "highs", models.FloatField()
                                        ),
                                    ),
                                    "*",
                                    models.Value(100),
                                ),
                                "/",
                                django.db.models.functions.comparison.NullIf(
                                    django.db.models.functions.comparison.Cast(
                                        "highs", models.FloatField()
                                    ),
                                    models.Value(0),
                                ),
                            ),
                            4,
                            output_field=stocks.models.fields.PercentField(
                                decimal_places=4, max_digits=22, null=True
                            ),
                        ),
                        output_field=stocks.models.fields.PercentField(
                            decimal_places=4, max_digits=22, null=True
                        ),
                        serialize=False,
                        verbose_name="distance",
                    ),
                ),
                (
                    "search_name",
                    models.CharField(default="", editable=False, max_length=255, serialize=False),
                ),
                ("search_pinyin", models.TextField(default="", editable=False, serialize=False)),
            ],
            options={
                "verbose_name": "stock",
                "verbose_name_plural": "stocks",
                "db_table": "info",
                "indexes": [models.Index(fields=["code"], name="info_code")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("market", "code"),
                        name="info_market_code",
                        violation_error_message="This market has a stock with this code already.",
                    )
                ],
            },
        ),
    ]
