"""The order by open comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by open comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0020_stock_info_previous_close")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["open"], name="info_open"),
        ),
    ]
