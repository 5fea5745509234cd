"""Cases: what a unit shows about itself in a period, read against its rule book."""
