"""The order by price comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by price comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0015_stock_info_turnover")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["price"], name="info_price"),
        ),
    ]
