"""Many units at once: a rule book as one SQL statement over tables of facts and registers."""
