"""The order by time comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by time comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0017_stock_info_highs")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["time"], name="info_time"),
        ),
    ]
