"""The order by highs comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by highs comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0016_stock_info_price")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["highs"], name="info_highs"),
        ),
    ]
