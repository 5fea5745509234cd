"""What is no fault in a book, but probably not meant: one module for each kind of remark."""
