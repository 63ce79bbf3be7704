//! Controls that know nothing of the model.

pub mod badge;
pub mod dial;
pub mod fader;
pub mod fuzzy;
pub mod json_tree;
pub mod knob;
pub mod list_keys;
pub mod meter;
pub mod numeric;
pub mod one_line;
pub mod palette;
pub mod scale;
pub mod sparkline;
pub mod toasts;
pub mod toggle;

/// How soon to paint again while something on the screen moves.
pub const FRAME: std::time::Duration = std::time::Duration::from_millis(16);
