"""Conversations: transcripts with their tree, what the index and sub-agents say of them."""
