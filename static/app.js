// Pages work without this file; it only makes them quicker. Each module says what it adds.
