"""The log of the feeds in the admin: to look at, not to change."""

from django.contrib import admin

from ..models import FeedRun


@admin.register(FeedRun)
class FeedRunAdmin(admin.ModelAdmin):
    """Every run with what became of it, the latest first."""

    list_display = (
        "started_at",
        "job",
        "markets",
        "outcome",
        "feeds",
        "new",
        "changed",
        "unchanged",
        "rejected",
        "ended_at",
    )
    list_filter = ("job", "outcome", "started_at")

    def has_add_permission(self, request):
        """Let nobody write into the log."""
        return False

    def has_change_permission(self, request, obj=None):
        """Let nobody change what has happened."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Let nobody remove what has happened; old runs go by themselves."""
        return False
