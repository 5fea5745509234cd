"""What comes in: opened, typed by the book, and parted from what does not fit it."""
