//! The rig: real processes on ephemeral ports, and ways to ask them.
