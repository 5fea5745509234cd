"""What a user does, without a command line: weigh, compare, report, make up; it prints nothing."""
