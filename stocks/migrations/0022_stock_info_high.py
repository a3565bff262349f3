"""The order by high comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by high comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0021_stock_info_open")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["high"], name="info_high"),
        ),
    ]
