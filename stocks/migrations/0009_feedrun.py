"""The log of the feeds: a row a run."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """The log of the feeds: a row a run."""

    dependencies = [("stocks", "0008_feedlock")]

    operations = [
        migrations.CreateModel(
            name="FeedRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "job",
                    models.CharField(
                        choices=[("quotes", "Quotes"), ("bars", "Bars")],
                        max_length=6,
                        verbose_name="job",
                    ),
                ),
                ("markets", models.CharField(max_length=100, verbose_name="markets")),
                (
                    "due",
                    models.DateTimeField(
                        blank=True,
                        help_text="The time of the schedule; empty for a run by hand.",
                        null=True,
                        verbose_name="due",
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        db_index=True,
                        default=django.utils.timezone.now,
                        verbose_name="started at",
                    ),
                ),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="ended at"),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                        ],
                        default="running",
                        max_length=7,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "feeds",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Those that delivered.",
                        max_length=100,
                        verbose_name="feeds",
                    ),
                ),
                ("new", models.PositiveIntegerField(default=0, verbose_name="new")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="changed")),
                ("unchanged", models.PositiveIntegerField(default=0, verbose_name="unchanged")),
                ("rejected", models.PositiveIntegerField(default=0, verbose_name="rejected")),
                ("message", models.TextField(blank=True, default="", verbose_name="message")),
            ],
            options={
                "verbose_name": "feed run",
                "verbose_name_plural": "feed runs",
                "ordering": ["-pk"],
            },
        ),
    ]
