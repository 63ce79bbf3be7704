//! Aura, the window: shows the model, takes what a person wants, owns nothing that is missed after a restart.

pub mod action;
pub mod aura;
pub mod cli;
mod demo;
pub mod dialogs;
pub mod musical;
pub mod panels;
pub mod state;
pub mod theme;
pub mod wake;
pub mod widgets;
pub mod window;

pub use window::Renderer;
