"""What `manage.py up --demo` shows: a real small registry, people, and a story."""

from config.demo.people import names

__all__ = ["names"]
