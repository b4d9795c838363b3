"""What is composed in English and kept in records, pauses and errors, with its Chinese: found by the pattern of the English."""
