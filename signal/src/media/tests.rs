//! The media side as a whole: real files, real threads, and an audio thread that is turned by hand.

mod hostile;
mod rig;
mod streaming;
mod timing;
