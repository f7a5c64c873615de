"""Files, standard input and clusters to objects that remember where they stand."""
