"""The GraphQL queries sent to Linear. A test validates each against Linear's published schema.

Nested lists multiply a query's complexity by their page size, so issues come 50 at a time, each with at most
20 changes, 20 labels, 10 blockers and 3 customers: about 7,000 of the 10,000 points that a query may cost.
An issue with a longer history has the rest of it read by `HISTORY`.
"""

VIEWER = """
query Viewer { viewer { id name } organization { name urlKey } }
"""

TEAMS = """
query Teams($after: String) {
  teams(first: 100, after: $after) {
    nodes { id name }
    pageInfo { hasNextPage endCursor }
  }
}
"""

PROJECTS = """
query Projects($after: String) {
  projects(first: 100, after: $after) {
    nodes { id name status { type } health progress targetDate startedAt completedAt }
    pageInfo { hasNextPage endCursor }
  }
}
"""

CYCLES = """
query Cycles($after: String) {
  cycles(first: 100, after: $after) {
    nodes { id number startsAt endsAt progress team { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

ISSUES = """
query Issues($after: String) {
  issues(first: 50, after: $after) {
    nodes {
      id identifier title priority estimate
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

ALL = (VIEWER, TEAMS, PROJECTS, CYCLES, ISSUES, HISTORY)
