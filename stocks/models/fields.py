"""Fields for money and percentages, and for texts that are compared exactly."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ..numbers import parse_decimal, shortest

# What SQLite keeps of a number.
DIGITS = 15
NO_PERCENTAGE = _("“%(value)s” is no percentage: write a number such as 10.01%% or -3.5.")


def parse_percentage(value):
    """Return the number of percent that text such as ``10.01%`` stands for, None for ``""``.

    Raises ValidationError for text that is no percentage, such as ``--``.
    """
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return parse_decimal(value, percent=True)
    except ValueError as error:
        raise ValidationError(NO_PERCENTAGE, code="invalid", params={"value": value}) from error


class ExactDecimalField(models.DecimalField):
    """A decimal that comes back as it was entered, without padding: 16.05, 0.0001."""

    @cached_property
    def validators(self):
        """The usual checks, and that SQLite, which keeps 15 digits, cannot round it up too far."""
        whole = self.max_digits - self.decimal_places
        most = Decimal(10**DIGITS - 1).scaleb(whole - DIGITS)
        return [*super().validators, MinValueValidator(-most), MaxValueValidator(most)]

    def from_db_value(self, value, expression, connection):
        """Return the stored value without padding zeros."""
        return shortest(value)


class PercentField(ExactDecimalField):
    """A percentage, stored as an exact number of percent: ``10.01%`` and ``10.01`` are 10.01."""

    def to_python(self, value):
        """Return the number of percent; text may bear the percent sign."""
        return super().to_python(parse_percentage(value))

    def formfield(self, **kwargs):
        """Return a form field that takes the percent sign as well."""
        return super().formfield(**{"form_class": PercentFormField, **kwargs})


class PercentFormField(forms.DecimalField):
    """A form's field for a percentage, with or without its sign."""

    widget = forms.TextInput

    def to_python(self, value):
        """Return the number of percent that was typed."""
        return super().to_python(parse_percentage(value))


class ExactTextField(models.CharField):
    """Short text that is compared byte by byte in every database, its capitals and spaces too."""

    def db_type(self, connection):
        """Return the type; MariaDB's texts are compared as people read them, bytes are not."""
        if connection.vendor == "mysql":
            return f"varbinary({4 * self.max_length})"
        return super().db_type(connection)

    def from_db_value(self, value, expression, connection):
        """Return the stored value as text."""
        return value.decode() if isinstance(value, bytes) else value
