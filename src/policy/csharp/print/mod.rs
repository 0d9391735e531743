//! Prints trees as C#.
