//! Wall-clock times of trace files.
