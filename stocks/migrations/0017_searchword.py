"""The words from whose start a stock is found."""

from django.db import migrations, models

import stocks.models.fields
import stocks.models.search_word


class Migration(migrations.Migration):
    """The words from whose start a stock is found."""

    dependencies = [("stocks", "0016_stock_info_name_order")]

    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "word",
                        "stock_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "word",
                    stocks.models.fields.ExactTextField(max_length=255, verbose_name="word"),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        on_delete=stocks.models.search_word.delete_quietly,
                        related_name="words",
                        to="stocks.stock",
                        verbose_name="stock",
                    ),
                ),
            ],
            options={
                "verbose_name": "search word",
                "verbose_name_plural": "search words",
            },
        ),
    ]
