"""Brings a database of the old site to the current schema, in place.

`old_tables` recognises and reads what the old site left, `plan` turns it into what will be
stored and says what cannot be taken, `steps` changes the database so that every step can be
interrupted and taken again.
"""
