"""The composition root: settings, URLs, processes. It may know everything."""
