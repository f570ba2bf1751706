"""The life of a case: intake, lifecycle, routing, dispatch, the clock over it, and the numbers about it."""
