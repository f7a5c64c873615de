"""The fields of every kind that getmesh reads, as shipped tables, and what can be done with them: decode, prune.

The tables in ``getmesh/data/fields`` are made by ``tools/gen_fields.py`` from the CRDs that Istio publishes.
"""

from getmesh.model.fields.decodable import decodes
from getmesh.model.fields.decoding import Decoded, TypeFault, decode
from getmesh.model.fields.table import Field, Message, Table, table

__all__ = ["Decoded", "Field", "Message", "Table", "TypeFault", "decode", "decodes", "table"]
