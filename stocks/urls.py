"""The site's own addresses."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from .views import (
    about,
    account,
    chart,
    columns,
    exports,
    health,
    histogram,
    market,
    old_site,
    overview,
    screens,
    settings,
    stock,
    version,
    watchlist,
)

urlpatterns = [
    path("", market.market, name="market"),
    path("market/", overview.overview, name="overview"),
    path("stocks/<str:symbol>/", stock.stock, name="stock"),
    path("stocks/<str:symbol>/bars.json", chart.bars, name="bars"),
    path("watchlist/", watchlist.watchlist, name="watchlist"),
    re_path(r"^stocks\.(?P<form>csv|xlsx|json)$", exports.market, name="market_file"),
    re_path(r"^watchlist\.(?P<form>csv|xlsx|json)$", exports.watchlist, name="watchlist_file"),
    path("watchlist/<str:symbol>/add/", watchlist.add, name="watchlist_add"),
    path("watchlist/<str:symbol>/remove/", watchlist.remove, name="watchlist_remove"),
    path("watchlist/<str:symbol>/note/", watchlist.note, name="watchlist_note"),
    path("watchlist/<str:symbol>/restore/", watchlist.restore, name="watchlist_restore"),
    path("columns/<str:table>/", columns.choose, name="columns"),
    path("histogram/<str:name>.svg", histogram.histogram, name="histogram"),
    path("screens/", screens.screens, name="screens"),
    path("screens/<int:pk>/rename/", screens.rename, name="screen_rename"),
    path("screens/<int:pk>/delete/", screens.delete, name="screen_delete"),
    path("screens/<str:table>/save/", screens.save, name="screen_save"),
    path("settings/", settings.settings, name="settings"),
    path("accounts/", account.account, name="account"),
    path("accounts/data/", account.data, name="account_data"),
    path("accounts/delete/", account.delete, name="account_delete"),
    path("about/", about.about, name="about"),
    path("favicon.ico", about.favicon),
    path("version", version.version, name="version"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    # The addresses of the old site
    path("index.html", RedirectView.as_view(pattern_name="market", permanent=True)),
    path("center.html", RedirectView.as_view(pattern_name="watchlist", permanent=True)),
    path("add/<str:code>.html", old_site.add, name="old_add"),
    path("del/<str:code>.html", old_site.remove, name="old_remove"),
    re_path(r"^update/(?P<code>[^/]+)\.html$", old_site.note, name="old_note"),
    re_path(r"^update/(?P<code>[^/]+)/(?P<note>(?s:.*))$", old_site.note, name="old_note_written"),
]
