"""Runnable fakes of the marketplaces: the real protocols over HTTP on loopback, on good days and on bad ones.

They know nothing of Orion but its plain values, so that client and fake cannot agree on a mistake by sharing code.
"""
