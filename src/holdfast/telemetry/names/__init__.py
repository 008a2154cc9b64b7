"""Names that senders choose: those tracked individually, and those beyond the caps, folded into `other`."""
