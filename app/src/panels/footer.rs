//! The footer.
