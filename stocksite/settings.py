"""The settings: every one has a default that works, and .env.example lists them."""

import os
import sys
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from . import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

environment.read_dotenv(Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env"))
env = environ.Env()

DEBUG = environment.switch(env, "DEBUG", "off")
SECRET_KEY = environment.secret_key(env, VAR_DIR / "secret_key", DEBUG)
SECRET_KEY_FALLBACKS = environment.texts(env, "SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = environment.texts(env, "ALLOWED_HOSTS", "localhost", "127.0.0.1", "[::1]")
if not DEBUG and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is empty: set the names the site is reached by.")
CSRF_TRUSTED_ORIGINS = environment.texts(env, "CSRF_TRUSTED_ORIGINS")

# Some constraints of django-allauth have conditions, which MariaDB cannot keep: allauth looks
# before it writes, and a warning at each command helps nobody.
SILENCED_SYSTEM_CHECKS = ["models.W036"]

INSTALLED_APPS = [
    "stocks",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "stocks.middleware.room_on_the_stack",
    "stocks.middleware.AccessLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "stocks.middleware.TextMiddleware",
    "stocks.middleware.PrivateMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "stocks.middleware.HostMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "stocks.middleware.DisplayMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "stocks.middleware.ErrorPageMiddleware",
]
ROOT_URLCONF = "stocksite.urls"
WSGI_APPLICATION = "stocksite.wsgi.application"
WEB_CONCURRENCY = environment.at_least(env, "WEB_CONCURRENCY", 2, 1)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Data
DATABASES = {"default": environment.database(env, BASE_DIR, "sqlite:///var/site.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Every worker counts wrong passwords in the same place, so the default is no memory of its own.
CACHES = {"default": environment.cache(env, f"filecache://{VAR_DIR}/cache")}
if CACHES["default"]["BACKEND"].endswith(".FileBasedCache"):
    CACHES["default"]["BACKEND"] = "stocks.cache.SharedFileCache"
    CACHES["default"].setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 20_000)
# The pages that processes share lie apart: what counts must not go to make room for them.
CACHES["pages"] = {**CACHES["default"], "KEY_PREFIX": "pages"}
if CACHES["default"]["BACKEND"].endswith("FileCache"):
    CACHES["pages"] |= {
        "LOCATION": f"{CACHES['default']['LOCATION']}/pages",
        "OPTIONS": {"MAX_ENTRIES": 500},
    }
# How much of its memory a worker gives to the pages that everyone sees alike
PAGE_CACHE_MB = environment.at_least(env, "PAGE_CACHE_MB", 16, 1)
METRICS_TOKEN = environment.as_written(env, "METRICS_TOKEN", "")
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# How many trading days the previous high is looked for in.
HIGH_WINDOW = environment.at_least(env, "HIGH_WINDOW", 60, 1)
# The largest file that is imported, and where one waits in the admin to be confirmed.
IMPORT_DIR = VAR_DIR / "imports"
IMPORT_MAX_BYTES = environment.at_least(env, "IMPORT_MAX_MB", 512, 1) * 1024**2

# Feeds: in which order they are tried, for which markets, and how long to wait between requests
FEEDS = environment.texts(env, "FEEDS", "tencent", "sina", "eastmoney", "stooq")
FEED_MARKETS = environment.texts(env, "FEED_MARKETS", "SH", "SZ", "BJ")
FEED_PAUSE = environment.at_least(env, "FEED_PAUSE", 0.1, 0)
FEED_ADDRESSES = {
    name: env.str(f"{name.upper()}_URL", default=address)
    for name, address in (
        ("tencent", "https://qt.gtimg.cn/"),
        ("sina", "https://hq.sinajs.cn/list="),
        ("eastmoney", "https://82.push2.eastmoney.com/api/qt/clist/get"),
        ("eastmoney_history", "https://push2his.eastmoney.com/api/qt/stock/kline/get"),
        ("stooq", "https://stooq.com/q/l/"),
        ("stooq_history", "https://stooq.com/q/d/l/"),
    )
}
# In minutes: how often quotes are fetched during a session, and how long after its close
SCHEDULE_EVERY = environment.at_least(env, "SCHEDULE_EVERY", 5, 1)
SCHEDULE_AFTER_CLOSE = environment.at_least(env, "SCHEDULE_AFTER_CLOSE", 15, 1)

# People
AUTH_USER_MODEL = "stocks.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "watchlist"
LOGOUT_REDIRECT_URL = "market"
SIGNUP_OPEN = environment.switch(env, "SIGNUP_OPEN", "on")
ACCOUNT_ADAPTER = "stocks.accounts.AccountAdapter"
ACCOUNT_FORMS = {"login": "stocks.accounts.LoginForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ALLAUTH_TRUSTED_PROXY_COUNT = environment.read(env.int, "TRUSTED_PROXY_COUNT", 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "stocksite"
# A clock may be half a minute off; an address nobody confirmed is no reason to go without.
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Seconds: whoever signs up waits for the mail server.
EMAIL_TIMEOUT = 10
EMAIL_CONFIG = environment.read(env.email_url, "EMAIL_URL", "consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="stocksite@localhost")

# Languages and times
LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = environment.time_zone(env, "Asia/Shanghai")
USE_TZ = True
USE_I18N = True

# Files
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    # TradingView's lightweight-charts, as the package carries it.
    ("litecharts", environment.package_folder("litecharts", "js")),
]
# Hashed and compressed once they are collected; `collectstatic` itself is what makes them so.
COLLECTED = sys.argv[1:2] == ["collectstatic"] or (
    (STATIC_ROOT / "staticfiles.json").is_file() and not DEBUG
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Safety
HTTPS = environment.switch(env, "HTTPS", "off")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz\Z", r"^readyz\Z"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 30 if HTTPS else 0
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "stocks.views.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# Logs: one line a request; the warnings Django adds for it would say it twice.
LOG_FORMAT = environment.choice(env, "LOG_FORMAT", ("text", "json"))
LOG_LEVEL = environment.choice(env, "LOG_LEVEL", ("info", "debug", "warning", "error"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": f"stocks.logs.{LOG_FORMAT.title()}Formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL.upper()},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
