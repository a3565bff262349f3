"""The columns a person chose."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The columns a person chose."""

    dependencies = [("stocks", "0009_feedrun")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="columns",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Those chosen, by table.",
                verbose_name="columns",
            ),
        ),
    ]
