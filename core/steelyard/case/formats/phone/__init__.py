"""Forms for a phone in the street, and what comes back of them."""
