"""The lock of the feeds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The lock of the feeds."""

    dependencies = [("stocks", "0007_importbatch")]

    operations = [
        migrations.CreateModel(
            name="FeedLock",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=20, primary_key=True, serialize=False, verbose_name="name"
                    ),
                ),
                (
                    "holder",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="holder"),
                ),
                ("until", models.DateTimeField(verbose_name="until")),
            ],
            options={
                "verbose_name": "feed lock",
                "verbose_name_plural": "feed locks",
            },
        ),
    ]
