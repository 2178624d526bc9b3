"""The demo company as HubSpot tells it."""
