"""Alerts: rules in SQL, what of them is news, and the ways in which people are told.

    rules ──> ledger (new, going on, over) ──> slack, alertmanager, textfile, email

`alerts/*.sql` beside this folder holds the rules; DIR/alerts/*.sql those of the user.
"""
