"""The order by previous close comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by previous close comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0019_stock_info_distance")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["previous_close"], name="info_previous_close"),
        ),
    ]
