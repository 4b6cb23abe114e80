"""The report as one page that needs nothing else: tables, and plots where matplotlib is installed."""
