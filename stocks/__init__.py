"""The stock information site."""
