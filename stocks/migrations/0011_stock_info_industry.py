"""Industries are found without reading every stock."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Industries are found without reading every stock."""

    dependencies = [("stocks", "0010_user_columns")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["industry"], name="info_industry"),
        ),
    ]
