"""How the site looks to one person: language, theme and the colour of a rising price."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation

from .models import User

COOKIES = {"language": settings.LANGUAGE_COOKIE_NAME, "theme": "theme", "up_colour": "up_colour"}
UP_BY_LANGUAGE = {"zh-hans": User.UpColour.RED, "en": User.UpColour.GREEN}
COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGES = dict(settings.LANGUAGES)
THEMES, UP_COLOURS = frozenset(User.Theme.values), frozenset(User.UpColour.values)


@dataclass(frozen=True)
class Display:
    """The three choices; an empty one means the default."""

    language: str = ""
    theme: str = ""
    up_colour: str = ""

    @classmethod
    def of_user(cls, user):
        """Return the choices a person saved."""
        return cls.checked(user.language, user.theme, user.up_colour)

    @classmethod
    def of_cookies(cls, cookies):
        """Return the choices in a visitor's cookies."""
        return cls.checked(*(cookies.get(name, "") for name in COOKIES.values()))

    @classmethod
    def checked(cls, language, theme, up_colour):
        """Return the choices; what is no choice counts as none."""
        return cls(
            language if language in LANGUAGES else "",
            theme if theme in THEMES else "",
            up_colour if up_colour in UP_COLOURS else "",
        )

    @property
    def up(self):
        """The colour of a rising price: red by default in Chinese, green in English."""
        return self.up_colour or UP_BY_LANGUAGE[translation.get_language()]


def save_cookies(response, choices):
    """Keep choices, by name, in the visitor's browser for a year; the others stay."""
    for name, value in choices.items():
        if value:
            response.set_cookie(
                COOKIES[name],
                value,
                max_age=COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        else:
            response.delete_cookie(COOKIES[name])
