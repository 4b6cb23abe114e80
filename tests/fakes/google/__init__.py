"""A fake of Google's sign-in, Calendar and Meet, for tests."""
