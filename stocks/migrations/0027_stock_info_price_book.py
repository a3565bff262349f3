"""The order by price book comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by price book comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0026_stock_info_price_earnings")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["price_book"], name="info_price_book"),
        ),
    ]
