"""The start of a name's pinyin, which an index can put in order."""

from django.db import migrations, models
from django.db.models.functions import Left


class Migration(migrations.Migration):
    """The start of a name's pinyin, which an index can put in order."""

    dependencies = [("stocks", "0014_stock_order")]

    operations = [
        migrations.AddField(
            model_name="stock",
            name="name_order",
            field=models.GeneratedField(
                db_persist=False,
                expression=Left("search_pinyin", 64),
                output_field=models.CharField(max_length=64),
                serialize=False,
            ),
        ),
    ]
