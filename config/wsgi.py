"""The WSGI application: `granian --interface wsgi config.wsgi:application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from config.bodies import with_whole_bodies
from config.garbage import look_for_garbage_less_often

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = wrap_wsgi_with_proxy_headers(
    with_whole_bodies(get_wsgi_application()), settings.TRUSTED_PROXIES
)
look_for_garbage_less_often()
