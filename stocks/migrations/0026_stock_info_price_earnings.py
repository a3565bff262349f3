"""The order by price earnings comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by price earnings comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0025_stock_info_amount")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["price_earnings"], name="info_price_earnings"),
        ),
    ]
