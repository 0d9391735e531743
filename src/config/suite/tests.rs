//! Files of tests: what they become, and what is told about bad ones.
