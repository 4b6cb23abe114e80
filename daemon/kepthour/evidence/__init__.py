"""Sources of evidence: a module each, imported only if a calendar of the configuration asks for its kind."""
