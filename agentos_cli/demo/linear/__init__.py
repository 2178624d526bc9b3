"""The demo company as Linear tells it: GraphQL, executed on `linear.graphql`."""
