"""The words from whose start a stock is found."""

from django.db import migrations, models

import stocks.models.fields
import stocks.models.search_word


class CreateClusteredModel(migrations.CreateModel):
    """Make a table whose rows lie in the order of their key, on SQLite as MariaDB has them."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """Make the table; SQLite would keep its key a second time."""
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.sql_create_table += " WITHOUT ROWID"
        super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    """The words from whose start a stock is found."""

    dependencies = [("stocks", "0016_stock_info_name_order")]

    operations = [
        CreateClusteredModel(
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
