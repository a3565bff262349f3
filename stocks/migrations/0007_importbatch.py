"""What undoes an import, a row each batch."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What undoes an import, a row each batch."""

    dependencies = [("stocks", "0006_dataimport")]

    operations = [
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("changes", models.BinaryField(verbose_name="changes")),
                (
                    "data_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="batches",
                        to="stocks.dataimport",
                        verbose_name="import",
                    ),
                ),
            ],
            options={
                "verbose_name": "import batch",
                "verbose_name_plural": "import batches",
            },
        ),
    ]
