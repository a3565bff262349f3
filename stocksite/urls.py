"""The addresses of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("stocks.urls")),
]

handler400 = "stocks.views.errors.bad_request"
handler403 = "stocks.views.errors.permission_denied"
handler404 = "stocks.views.errors.not_found"
handler429 = "stocks.views.errors.too_many_requests"
handler500 = "stocks.views.errors.server_error"
