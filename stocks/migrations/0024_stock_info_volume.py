"""The order by volume comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by volume comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0023_stock_info_low")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["volume"], name="info_volume"),
        ),
    ]
