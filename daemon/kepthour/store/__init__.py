"""What the program remembers: the only folder that knows SQL. `engine.open_store` gives the way in."""
