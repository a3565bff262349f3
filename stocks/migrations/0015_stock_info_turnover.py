"""The order by turnover comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by turnover comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0014_stock_info_chg")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["turnover"], name="info_turnover"),
        ),
    ]
