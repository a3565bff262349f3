"""The order by source comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by source comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0029_stock_info_quote_time")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["source"], name="info_source"),
        ),
    ]
