"""The order by distance comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by distance comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0018_stock_info_time")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["distance"], name="info_distance"),
        ),
    ]
