"""The terminal's reports: plain tables whose columns line up in both languages."""
