"""Who is measured. Each does `work` for every Mini Program that it is given, at its best documented settings."""
