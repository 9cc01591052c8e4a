"""The account backend: the contract's client and the replaceable reference service.

This package file imports nothing, so that `accounts.client` stays free of the service.
"""
