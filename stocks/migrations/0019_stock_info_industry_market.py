"""An industry within a market is found without reading the rest of the industry."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """An industry within a market is found without reading the rest of the industry."""

    dependencies = [("stocks", "0018_search_words")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["industry", "market"], name="info_industry_market"),
        ),
    ]
