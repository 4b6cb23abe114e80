"""Sources of evidence: a module each, imported only if the configuration asks for its kind."""
