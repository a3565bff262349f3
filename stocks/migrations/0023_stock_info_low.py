"""The order by low comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by low comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0022_stock_info_high")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["low"], name="info_low"),
        ),
    ]
