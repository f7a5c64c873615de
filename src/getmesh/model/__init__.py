"""The mesh as data: frozen objects, their names and selectors, and an indexed snapshot of all of them.

Nothing in this package reads files, sockets, clocks or the environment.
"""
