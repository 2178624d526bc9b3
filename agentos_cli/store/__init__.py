"""The one room that knows SQL: what was learned, when, and for which tenant. See `store.Store`."""
