"""What `kepthour check` looks at: one module a group, each gives a list of `record.Check`. `examine` has them all."""
