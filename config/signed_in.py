"""Who is signed in: Django's sessions and users, by queries compiled once a process.

Every page asks for both, and compiling the two took a tenth of a list's time.
"""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from registry_ui.models.prepared import PreparedRow

_session = PreparedRow(Session, lambda key: Q(session_key=key), str)
_user = PreparedRow(User, lambda pk: Q(pk=pk), int)


class SessionStore(db.SessionStore):
    """Sessions in Django's table; `SESSION_ENGINE` names this module."""

    def _get_session_from_db(self) -> Session | None:
        """Return the row of the session's key while it lasts; else forget the key."""
        found = _session(str(self.session_key))
        if found is not None and found.expire_date > timezone.now():
            return found
        self._session_key = None
        return None


class PasswordBackend(ModelBackend):
    """Lets people in by their password, as Django does."""

    def get_user(self, user_id: int) -> User | None:
        """Return somebody who has signed in; None if they may no longer."""
        user = _user(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
