"""Issuers of intermediate CAs, one module each, all behind ``issuer.Issuer``."""
