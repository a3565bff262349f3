"""Imports in the admin: a file's differences are shown, then confirmed; any import is undone."""

import secrets
import time
from contextlib import suppress
from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.db.models import Exists, OuterRef
from django.http import FileResponse, Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..columns import NO_VALUE
from ..imports import Refused, files
from ..imports.base import Options
from ..imports.headings import FIELDS
from ..imports.readers import open_file
from ..imports.undo import Undoing
from ..imports.undo import steps as undo_steps
from ..imports.writer import WRITERS
from ..middleware import MARK, NOT_IN_HTML
from ..models import Bar, DataImport, ImportBatch, Stock

TEMPLATES = "admin/stocks/dataimport"
MODELS = {DataImport.Kind.QUOTES: Stock, DataImport.Kind.BARS: Bar}
SESSION_KEY = "import_waiting"
MOST_REJECTED = 100
GONE = gettext_lazy("This file is not here any longer: upload it again.")
KEPT_SECONDS = 24 * 60 * 60
# How often the page draws its progress bar, in seconds.
PAUSE = 0.5


class MappingField(forms.CharField):
    """What headings mean, one HEADING=field a line."""

    widget = forms.Textarea

    def clean(self, value):
        """Return the field of each heading."""
        mapping = {}
        for line in filter(None, map(str.strip, super().clean(value).splitlines())):
            heading, equals, name = line.rpartition("=")
            if not equals:
                raise forms.ValidationError(_("Write HEADING=field, one a line."))
            mapping[heading.strip()] = name.strip()
        return mapping


class UploadForm(forms.Form):
    """The file, and how it is to be read."""

    kind = forms.ChoiceField(label=gettext_lazy("What is in it"), choices=DataImport.Kind.choices)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, TSV, XLSX or JSON, in UTF-8, UTF-16 or GBK."),
    )
    code = forms.CharField(
        label=gettext_lazy("Stock"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("For a file of one stock that has no column for its code."),
    )
    as_of = forms.DateTimeField(
        label=gettext_lazy("As of"),
        required=False,
        help_text=gettext_lazy("When the quotes were that have no time of their own."),
    )
    overwrite_empty = forms.BooleanField(
        label=gettext_lazy("Empty values erase those that are there"), required=False
    )
    mapping = MappingField(
        label=gettext_lazy("Headings"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 40}),
        help_text=gettext_lazy(
            "What headings mean that are not known: HEADING=field, one a line; nothing after the "
            "= passes over it."
        ),
    )

    def clean_file(self):
        """Refuse a file over the limit."""
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            raise forms.ValidationError(files.over_the_limit())
        return file


class Waiting:
    """An uploaded file that waits to be confirmed, known by a token in the person's session."""

    def __init__(self, token, details):
        self.token, self.details = token, details
        self.path = Path(settings.IMPORT_DIR) / token
        self.rejected_path = self.path.with_name(f"{token}.rejected.csv")

    @classmethod
    def keep(cls, request, data):
        """Keep an uploaded file, and forget those that nobody confirmed within a day."""
        folder = Path(settings.IMPORT_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            with suppress(FileNotFoundError):
                if old.stat().st_mtime < time.time() - KEPT_SECONDS:
                    old.unlink()
        details = {
            "name": data["file"].name,
            "kind": data["kind"],
            "mapping": data["mapping"],
            "fixed": {"code": data["code"]} if data["code"] else {},
            "as_of": data["as_of"].isoformat() if data["as_of"] else None,
            "overwrite_empty": data["overwrite_empty"],
        }
        waiting = cls(secrets.token_hex(16), details)
        with waiting.path.open("xb") as target:
            for chunk in data["file"].chunks():
                target.write(chunk)
        request.session[SESSION_KEY] = {waiting.token: details}
        return waiting

    @classmethod
    def of(cls, request, token):
        """Return the waiting file that this person uploaded, None when there is none."""
        details = request.session.get(SESSION_KEY, {}).get(token)
        return details and cls(token, details)

    def reader(self):
        """Return the reader of the file."""
        details = self.details
        return open_file(
            self.path, details["kind"], mapping=details["mapping"], fixed=details["fixed"]
        )

    def options(self, **more):
        """Return the Options of its import."""
        as_of = self.details["as_of"]
        return Options(
            source=self.details["name"],
            as_of=as_of and forms.DateTimeField().clean(as_of),
            overwrite_empty=self.details["overwrite_empty"],
            **more,
        )

    def forget(self):
        """Delete the file."""
        self.path.unlink(missing_ok=True)


def page_in_pieces(request, name, context, work):
    """Return a page whose result comes when `work` is done, under a progress bar until then.

    `work` yields the part that is done, from 0 to 1, and returns the template and the context of
    the result. Every bar stands after the one before, which the stylesheet hides: it needs no
    script.
    """
    marker = secrets.token_hex(16)
    page = render_to_string(f"{TEMPLATES}/{name}", {**context, "marker": marker}, request)
    head, tail = page.split(marker)
    pieces = result_in_pieces(request, head, tail, context, work, translation.get_language())
    response = StreamingHttpResponse(fit_for_html(pieces))
    # As it is: what packs or collects an answer would hold the bars back.
    response["Content-Encoding"] = "identity"
    response["X-Accel-Buffering"] = "no"
    return response


def fit_for_html(pieces):
    """Yield texts as bytes without the characters that no page can hold."""
    for piece in pieces:
        yield NOT_IN_HTML.sub(MARK, piece.encode(errors="replace"))


def result_in_pieces(request, head, tail, context, work, language):
    """Yield the page: its head, the progress, the result and its tail."""
    with translation.override(language):
        yield head
        yield '<div class="import-progress">'
        shown = time.monotonic()
        while True:
            try:
                part = next(work)
            except StopIteration as end:
                template, more = end.value
                break
            except FileNotFoundError:  # confirmed twice at once
                template, more = "_refused.html", {"error": GONE}
                break
            except (Refused, Error, OSError) as error:
                template, more = "_refused.html", {"error": error}
                break
            if time.monotonic() - shown > PAUSE:
                shown = time.monotonic()
                yield format_html(
                    '<progress max="100" value="{}" aria-label="{}"></progress>\n',
                    round(min(part, 1) * 100),
                    _("Progress"),
                )
        yield "</div>"
        yield render_to_string(f"{TEMPLATES}/{template}", {**context, **more}, request)
        yield tail


@admin.register(DataImport)
class DataImportAdmin(admin.ModelAdmin):
    """The imports that were made; adding one is uploading a file."""

    list_display = (
        "number", "kind", "source", "made_at", "made_by", "as_of", "new", "changed", "unchanged",
        "rejected", "undoing",
    )  # fmt: skip
    list_display_links = ("number", "source")
    list_filter = ("kind", "made_at")
    list_per_page = 50
    list_select_related = ("made_by",)
    search_fields = ("source",)
    fields = readonly_fields = (*list_display, "undone_at")
    actions = None

    def get_queryset(self, request):
        """Return the imports, each with whether what undoes it is kept."""
        batches = ImportBatch.objects.filter(data_import=OuterRef("pk"))
        return super().get_queryset(request).annotate(can_be_undone=Exists(batches))

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, record):
        """Return the import's number."""
        return record.pk

    @admin.display(description=gettext_lazy("undo"))
    def undoing(self, record):
        """Return the link that undoes it, or why there is none."""
        if record.undone_at:
            return _("Undone")
        if not record.can_be_undone:
            return _("No longer kept")
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:undo_import", args=[record.pk]), _("Undo")
        )

    def has_change_permission(self, request, obj=None):
        """Return that nobody rewrites what an import was."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Return that nobody deletes what an import was."""
        return False

    def get_urls(self):
        """Return the addresses, with those of confirming and undoing."""
        wrap = self.admin_site.admin_view
        own = [
            path("<str:token>/confirm/", wrap(self.confirm), name="confirm_import"),
            path("<str:token>/rejected.csv", wrap(self.rejected_rows), name="rejected_rows"),
            path("<int:pk>/undo/", wrap(self.undo), name="undo_import"),
        ]
        return [*own, *super().get_urls()]

    def context(self, request, title, **more):
        """Return what every page of imports needs."""
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            **more,
        }

    def add_view(self, request, form_url="", extra_context=None):
        """Take a file and show what it would change."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(
            request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind")}
        )
        fields = [(DataImport.Kind(kind).label, names) for kind, names in FIELDS.items()]
        context = self.context(request, _("Import a file"), form=form, fields=fields)
        if request.method != "POST" or not form.is_valid():
            return TemplateResponse(request, f"{TEMPLATES}/upload.html", context)
        waiting = Waiting.keep(request, form.cleaned_data)
        context = self.context(request, _("What the file would change"), waiting=waiting)
        return page_in_pieces(request, "running.html", context, self.preview(waiting))

    def preview(self, waiting):
        """Look at what a file would change."""
        reader = waiting.reader()
        writer = WRITERS[waiting.details["kind"]](waiting.options(dry_run=True))
        for _count in writer.steps(reader):
            yield reader.done
        report = writer.report
        if report.rejected:
            report.rejected.write(waiting.rejected_path, reader.headings)
        return "_preview.html", {
            "report": report,
            "rejected": report.rejected[:MOST_REJECTED],
            "more_rejected": len(report.rejected) - MOST_REJECTED,
            "passed_over": reader.headings.passed_over,
            "differences": [self.readable(waiting, each) for each in report.differences],
            "more_differences": report.new + report.changed - len(report.differences),
        }

    @staticmethod
    def readable(waiting, difference):
        """Return a difference with the fields' names as people read them."""
        model = MODELS[waiting.details["kind"]]
        values = [
            (
                model._meta.get_field(name).verbose_name,
                *(NO_VALUE if value in (None, "") else value for value in pair),
            )
            for name, pair in difference.values.items()
        ]
        return {**difference._asdict(), "pairs": values}

    def confirm(self, request, token):
        """Import the file that was looked at."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            raise Http404
        waiting = Waiting.of(request, token)
        if not (waiting and waiting.path.exists()):
            return self.to_upload(request)
        skip = "skip_rejected" in request.POST
        context = self.context(request, _("Import a file"), waiting=waiting)
        work = self.write(request.user, waiting, skip)
        return page_in_pieces(request, "running.html", context, work)

    def to_upload(self, request):
        """Say that a file is gone, and lead to where it can be uploaded again."""
        self.message_user(request, GONE, messages.WARNING)
        return redirect("admin:stocks_dataimport_add")

    def write(self, user, waiting, skip):
        """Write what a file changes."""
        reader = waiting.reader()
        options = waiting.options(made_by=user, skip_rejected=skip)
        writer = WRITERS[waiting.details["kind"]](options)
        for _count in writer.steps(reader):
            yield reader.done
        report = writer.report
        if not report.rejected or skip:
            waiting.forget()
        return "_result.html", {"report": report, "hindered": report.rejected and not skip}

    def rejected_rows(self, request, token):
        """Send the rejected rows of a file as CSV, to be mended and imported again."""
        waiting = Waiting.of(request, token)
        if not (waiting and waiting.rejected_path.exists()):
            return self.to_upload(request)
        file = waiting.rejected_path.open("rb")
        name = f"{waiting.details['name']}.rejected.csv"
        return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")

    def undo(self, request, pk):
        """Ask, and undo an import; say what stands in the way."""
        record = get_object_or_404(DataImport, pk=pk)
        if not request.user.has_perm("stocks.change_dataimport"):
            raise PermissionDenied
        context = self.context(request, _("Undo an import"), record=record)
        if request.method != "POST":
            return TemplateResponse(request, f"{TEMPLATES}/undo.html", context)
        work = self.take_back(record, "skip_conflicts" in request.POST)
        return page_in_pieces(request, "running.html", context, work)

    @staticmethod
    def take_back(record, skip):
        """Undo an import."""
        result = Undoing()
        yield from undo_steps(record, result, skip_conflicts=skip)
        return "_undone.html", {"result": result, "more": result.conflicts - len(result.named)}
