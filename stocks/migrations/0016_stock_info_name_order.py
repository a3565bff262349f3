"""The order by name comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by name comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0015_stock_name_order")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["name_order"], name="info_name_order"),
        ),
    ]
