"""The order by market value comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by market value comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0027_stock_info_price_book")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["market_value"], name="info_market_value"),
        ),
    ]
