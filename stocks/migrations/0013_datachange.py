"""The version of the data: a row each transaction that changes what pages show."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The version of the data: a row each transaction that changes what pages show."""

    dependencies = [
        ("stocks", "0012_savedscreen"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "data change",
                "verbose_name_plural": "data changes",
            },
        ),
    ]
