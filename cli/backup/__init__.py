"""Backups: everything that an installation keeps, in one file, and back again.

`tables` knows rows, `archive` files, `sealing` passphrases. `taking` writes a backup,
`checking` reads one without touching anything, `restoring` makes an installation of it.
"""
