"""What a query costs in Linear's points: a property a tenth, an object one, a connection its page.

Source: https://linear.app/developers/rate-limiting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)


def price(document: DocumentNode, schema: GraphQLSchema, variables: Mapping[str, Any], page: int) -> int:
    """Points of the whole document, rounded up. `page` is the size of a connection that names none."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    connections = {
        name
        for type_ in schema.type_map.values()
        for name, field in getattr(type_, "fields", {}).items()
        if str(field.type).endswith("Connection!")
    }

    def size(field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last"):
                if isinstance(argument.value, IntValueNode):
                    return int(argument.value.value)
                if isinstance(argument.value, VariableNode):
                    given = variables.get(argument.value.name.value)
                    return given if isinstance(given, int) else page
        return page

    def cost(selection: SelectionSetNode | None) -> float:
        total = 0.0
        for part in selection.selections if selection else ():
            if isinstance(part, FragmentSpreadNode):
                total += cost(fragments[part.name.value].selection_set)
            elif isinstance(part, InlineFragmentNode):
                total += cost(part.selection_set)
            elif isinstance(part, FieldNode) and part.selection_set is None:
                total += 0.1
            elif isinstance(part, FieldNode):
                inside = cost(part.selection_set)
                total += size(part) * inside if part.name.value in connections else 1 + inside
        return total

    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    return math.ceil(sum(cost(operation.selection_set) for operation in operations))
