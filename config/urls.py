"""The root of all addresses."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz, readyz
from config.sign_in import PasswordView, SignInView, admin_sign_in
from registry_ui.api.dialect.preflight import databricks_config
from registry_ui.api.v1 import api
from webhooks_ui.api import v1 as webhooks

api.add_router("", webhooks.router)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("registry_ui.urls")),  # first: programs call it all the time
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path(
        ".well-known/databricks-config",
        databricks_config,
        name="databricks_config",
    ),
    path("account/sign-in/", SignInView.as_view(), name="login"),
    path("account/sign-out/", LogoutView.as_view(), name="logout"),
    path("account/password/", PasswordView.as_view(), name="password_change"),
    path("admin/login/", admin_sign_in, name="admin_sign_in"),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("webhooks_ui.urls")),
]

if settings.DEMO:
    from config.demo.views import demo_sign_in

    urlpatterns.insert(0, path("demo/sign-in/", demo_sign_in, name="demo_sign_in"))
