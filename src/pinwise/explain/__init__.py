"""From data to prose: conflicts, prices, requirers."""
