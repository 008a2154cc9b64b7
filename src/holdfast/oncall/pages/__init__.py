"""Pages: how they are sent, escalated and acknowledged. The delivery contract is docs/decisions/pages.md."""
