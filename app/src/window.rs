//! The window: which renderer draws it, and what to say when there can be none.

mod icon;

use crate::aura::Aura;
use crate::dialogs::SystemPicker;
use crate::state::Session;
use crate::wake::Wake;
use anyhow::{Context as _, anyhow};
use eframe::egui::ViewportBuilder;
use eframe::{NativeOptions, wgpu};
use loophole_pulse::port::PulsePort;
use loophole_pulse::trace::Tap;
use std::path::PathBuf;
use std::sync::Arc;

/// What draws the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Renderer {
    /// The graphics processor by wgpu where there is one, else OpenGL; the other one when that fails
    #[default]
    Auto,
    /// OpenGL
    Glow,
    /// Vulkan, Metal or Direct3D
    Wgpu,
}

/// What a window needs of its surroundings.
pub struct Shell {
    pub port: Box<dyn PulsePort>,
    pub tap: Arc<Tap>,
    pub wake: Wake,
    /// Where layout, theme and keys are kept between runs.
    pub state_file: PathBuf,
}

const TITLE: &str = "Loophole";
const FIRST_SIZE: [f32; 2] = [1440.0, 900.0];
const LEAST_SIZE: [f32; 2] = [800.0, 480.0];
/// Set for the run with the other renderer, so that there is no third one.
const TRIED: &str = "LOOPHOLE_RENDERER_TRIED";

/// Opens the window and runs until it is closed.
///
/// # Errors
/// There is no display, or a library is missing: in words, with the package that has it.
pub fn open(shell: Shell, renderer: Renderer) -> anyhow::Result<()> {
    let Shell { port, tap, wake, state_file } = shell;
    let mut options = NativeOptions {
        renderer: chosen(renderer),
        persistence_path: Some(state_file),
        viewport: ViewportBuilder::default()
            .with_title(TITLE)
            .with_app_id("loophole")
            .with_inner_size(FIRST_SIZE)
            .with_min_inner_size(LEAST_SIZE)
            .with_icon(icon::icon()),
        ..NativeOptions::default()
    };
    if renderer == Renderer::Auto {
        refuse_software(&mut options);
    }
    let create: eframe::AppCreator<'_> = Box::new(move |creation| {
        wake.attach(&creation.egui_ctx);
        let session = Session::new(port, tap);
        Ok(Box::new(Aura::new(&creation.egui_ctx, creation.storage, session, Arc::new(SystemPicker))))
    });
    eframe::run_native(TITLE, options, create).map_err(|error| explain(&error.to_string()))
}

/// Whether it makes sense to try the other renderer after a failure.
pub fn may_try_another(renderer: Renderer) -> bool {
    renderer == Renderer::Auto && std::env::var_os(TRIED).is_none() && has_display()
}

/// Runs this program again with the other renderer: a process has one event loop in its life.
///
/// # Errors
/// It cannot be started, or it failed, too.
pub fn try_another() -> anyhow::Result<()> {
    let other = if chosen(Renderer::Auto) == eframe::Renderer::Glow { "wgpu" } else { "glow" };
    let program = std::env::current_exe().context("finding this program")?;
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "--renderer") {
        arguments.drain(place..(place + 2).min(arguments.len()));
    }
    arguments.retain(|argument| !argument.to_string_lossy().starts_with("--renderer="));
    let mut command = std::process::Command::new(program);
    let status =
        command.args(["--renderer", other]).args(arguments).env(TRIED, "1").status().context("starting again")?;
    if status.success() { Ok(()) } else { Err(anyhow!("the window could not be opened with '{other}' either")) }
}

fn chosen(renderer: Renderer) -> eframe::Renderer {
    match renderer {
        Renderer::Glow => eframe::Renderer::Glow,
        Renderer::Wgpu => eframe::Renderer::Wgpu,
        Renderer::Auto if has_graphics_processor() => eframe::Renderer::Wgpu,
        Renderer::Auto => eframe::Renderer::Glow,
    }
}

/// On Linux a graphics processor has a render node; without one, wgpu would draw in software: an idle frame took
/// 31 ms that way, against 5 ms with OpenGL.
fn has_graphics_processor() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let entries = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
}

/// A render node with no driver for it: wgpu would take the processor. Then the other renderer is better.
fn refuse_software(options: &mut NativeOptions) {
    let eframe::egui_wgpu::WgpuSetup::CreateNew(setup) = &mut options.wgpu_options.wgpu_setup else { return };
    setup.native_adapter_selector = Some(Arc::new(|adapters, surface| {
        let fits = |adapter: &&wgpu::Adapter| {
            adapter.get_info().device_type != wgpu::DeviceType::Cpu
                && surface.is_none_or(|surface| adapter.is_surface_supported(surface))
        };
        adapters.iter().find(fits).cloned().ok_or_else(|| "there is no graphics processor with a driver".to_owned())
    }));
}

fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Libraries that are loaded at run time, and the Debian packages that have them.
const PACKAGES: [(&str, &str); 9] = [
    ("libx11-xcb", "libx11-xcb1"),
    ("libx11", "libx11-6"),
    ("libxcursor", "libxcursor1"),
    ("libxi", "libxi6"),
    ("libxkbcommon", "libxkbcommon-x11-0"),
    ("libegl", "libegl1"),
    ("libgl", "libgl1"),
    ("wayland", "libwayland-client0"),
    ("adapter", "mesa-vulkan-drivers"),
];

fn explain(error: &str) -> anyhow::Error {
    if !has_display() {
        return anyhow!(
            "there is no display. Start Loophole in a desktop session, or use 'loophole serve' for a session with no window"
        );
    }
    match package_for(error) {
        Some(package) => anyhow!("the window cannot be opened: {error}. The package '{package}' may be missing"),
        None => anyhow!("the window cannot be opened: {error}"),
    }
}

fn package_for(error: &str) -> Option<&'static str> {
    let error = error.to_lowercase();
    PACKAGES.iter().find(|(library, _)| error.contains(library)).map(|(_, package)| *package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_names_its_package() {
        let check = |error: &str, package| assert_eq!(package_for(error), package, "{error}");
        check("opening library failed (libXcursor.so.1: cannot open shared object file)", Some("libxcursor1"));
        check("libX11-xcb.so.1: cannot open", Some("libx11-xcb1"));
        check("provided display handle is not supported: libEGL.so.1", Some("libegl1"));
        check("No suitable wgpu adapter found", Some("mesa-vulkan-drivers"));
        check("something else", None);
    }
}
