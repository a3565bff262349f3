"""The screens that people keep under a name."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The screens that people keep under a name."""

    dependencies = [
        ("stocks", "0011_stock_info_industry"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedScreen",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table", models.CharField(max_length=20, verbose_name="table")),
                ("name", models.CharField(max_length=64, verbose_name="name of the screen")),
                ("query", models.TextField(blank=True, default="", verbose_name="query")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="screens",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved screen",
                "verbose_name_plural": "saved screens",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "table", "name"),
                        name="savedscreen_owner_table_name",
                        violation_error_message="A screen with this name is there already.",
                    )
                ],
            },
        ),
    ]
