"""REST: thin like views: validate, call one action, answer."""
