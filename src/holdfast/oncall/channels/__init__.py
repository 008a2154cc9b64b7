"""Channels: each speaks one provider's contract behind one small protocol."""
