"""The order by amount comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by amount comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0024_stock_info_volume")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["amount"], name="info_amount"),
        ),
    ]
