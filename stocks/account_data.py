"""What the site keeps about one person, for them to take away."""

ACCOUNT_FIELDS = (
    "username",
    "email",
    "first_name",
    "last_name",
    "date_joined",
    "last_login",
    "is_staff",
    "is_superuser",
)
DISPLAY_FIELDS = ("language", "theme", "up_colour")
SCREEN_FIELDS = ("table", "name", "query")
EMAIL_FIELDS = ("email", "verified", "primary")
SESSION_FIELDS = ("created_at", "last_seen_at", "ip", "user_agent")
TWO_FACTOR_FIELDS = ("type", "created_at", "last_used_at")


def data_of(user):
    """Return everything a person has here, but no secret: no password, no key of a session."""
    return {
        "account": values(user, ACCOUNT_FIELDS),
        "display": values(user, DISPLAY_FIELDS),
        "columns": user.columns,
        "screens": rows(user.screens, SCREEN_FIELDS),
        "emails": rows(user.emailaddress_set, EMAIL_FIELDS),
        "two_factor": rows(user.authenticator_set, TWO_FACTOR_FIELDS),
        "sessions": rows(user.usersession_set, SESSION_FIELDS),
        "watchlist": [
            {
                "symbol": entry.info.symbol,
                "short": entry.info.short,
                "note_info": entry.note_info,
                "added_at": plain(entry.added_at),
                "added_price": plain(entry.added_price),
            }
            for entry in user.watchlist.select_related("info").order_by("pk")
        ],
    }


def rows(related, names):
    """Return the named values of each row, oldest first."""
    return [values(row, names) for row in related.order_by("pk")]


def values(row, names):
    """Return the named values of a row as JSON takes them."""
    return {name: plain(getattr(row, name)) for name in names}


def plain(value):
    """Return a value as JSON has it: moments and decimals as text, exact."""
    if value is None or isinstance(value, bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
