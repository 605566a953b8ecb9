// Nothing: the library that owns the precompiled headers of the tests needs a source.
