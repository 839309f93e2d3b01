//! The spec and the pages.
