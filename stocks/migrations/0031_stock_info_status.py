"""The order by status comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by status comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0030_stock_info_source")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["status"], name="info_status"),
        ),
    ]
