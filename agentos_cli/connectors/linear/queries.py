"""The GraphQL queries sent to Linear.

A test validates each against Linear's published schema, and compares what it asks for with the fields that
`streams` declares.

Nested lists multiply a query's complexity by their page size, so issues come 50 at a time, each with at most
20 changes, 20 labels, 10 blockers and 3 customers: about 7,000 of the 10,000 points that a query may cost.
An issue with a longer history has the rest of it read by `HISTORY`.
"""

VIEWER = """
query Viewer { viewer { id name } organization { name urlKey } }
"""

TEAMS = """
query Teams($after: String) {
  teams(first: 100, after: $after, includeArchived: true) {
    nodes { id archivedAt name }
    pageInfo { hasNextPage endCursor }
  }
}
"""

PROJECTS = """
query Projects($after: String) {
  projects(first: 100, after: $after, includeArchived: true) {
    nodes { id archivedAt trashed name status { type } health progress targetDate startedAt completedAt }
    pageInfo { hasNextPage endCursor }
  }
}
"""

CYCLES = """
query Cycles($after: String) {
  cycles(first: 100, after: $after, includeArchived: true) {
    nodes { id archivedAt number startsAt endsAt completedAt progress team { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

ISSUES = """
query Issues($after: String, $filter: IssueFilter, $orderBy: PaginationOrderBy) {
  issues(first: 50, after: $after, filter: $filter, orderBy: $orderBy, includeArchived: true) {
    nodes {
      id identifier archivedAt trashed title priority estimate
      createdAt startedAt completedAt canceledAt dueDate slaBreachesAt
      state { type } team { id } project { id } cycle { id } assignee { name }
      labels(first: 20) { nodes { name } }
      inverseRelations(first: 10) { nodes { type issue { state { type } } } }
      needs(first: 3) { nodes { customer { domains } } }
      history(first: 20) {
        nodes { createdAt fromState { type } toState { type } }
        pageInfo { hasNextPage endCursor }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

HISTORY = """
query History($id: String!, $after: String) {
  issue(id: $id) {
    history(first: 100, after: $after) {
      nodes { createdAt fromState { type } toState { type } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

LISTS = {"teams": TEAMS, "projects": PROJECTS, "cycles": CYCLES, "issues": ISSUES}
ALL = (VIEWER, *LISTS.values(), HISTORY)


def changed_since(since: str) -> dict[str, object]:
    """Variables of `ISSUES` for what was changed since an instant, the latest change first, so that an issue
    which changes meanwhile pushes others to a later page and none off it. That an issue is blocked depends
    on the state of another, so open ones that wait for something come each time (they are few)."""
    over = {"type": {"nin": ["completed", "canceled", "duplicate"]}}
    waiting = {"hasBlockedByRelations": {"eq": True}, "state": over}
    return {"filter": {"or": [{"updatedAt": {"gt": since}}, waiting]}, "orderBy": "updatedAt"}
