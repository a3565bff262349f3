"""The order by quote time comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by quote time comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0028_stock_info_market_value")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["quote_time"], name="info_quote_time"),
        ),
    ]
