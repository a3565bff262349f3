"""The order by chg comes from an index, however many stocks there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The order by chg comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0013_datachange")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["chg"], name="info_chg"),
        ),
    ]
