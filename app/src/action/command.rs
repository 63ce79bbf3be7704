//! The closed list of commands: menu, shortcuts, palette and the shortcut sheet are made from it.

use crate::state::Session;
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use egui_material_icons::{MaterialIcon, icons};
use loophole_pulse::intent::{self, Intent};

/// Where in the menu bar a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    File,
    Edit,
    View,
    Theme,
    Transport,
    Engine,
    Help,
}

impl Place {
    /// The menus, in order; `Theme` is part of View and `Engine` of Transport.
    pub const ALL: [Self; 7] =
        [Self::File, Self::Edit, Self::View, Self::Theme, Self::Transport, Self::Engine, Self::Help];

    /// As a heading.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Edit => "Edit",
            Self::View => "View",
            Self::Theme => "Theme",
            Self::Transport => "Transport",
            Self::Engine => "Engine",
            Self::Help => "Help",
        }
    }
}

/// What is known of a command without running it.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    pub command: Command,
    /// In sentence case; `…` if it asks for more.
    pub text: &'static str,
    /// One sentence.
    pub tooltip: &'static str,
    /// The first one is shown.
    pub shortcuts: &'static [KeyboardShortcut],
    pub icon: Option<MaterialIcon>,
    pub place: Place,
    /// A line in the menu above it.
    pub begins_group: bool,
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}
const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}
const fn ctrl_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}
const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

macro_rules! commands {
    ($( $command:ident: $place:ident $group:literal, $icon:expr, $text:literal, [$($shortcut:expr),*], $tooltip:literal; )*) => {
        /// Every command there is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum Command { $( #[doc = $tooltip] $command, )* }

        impl Command {
            /// The list, in the order of the menus.
            pub const SPECS: &[CommandSpec] = &[ $( CommandSpec {
                command: Command::$command,
                text: $text,
                tooltip: $tooltip,
                shortcuts: &[$($shortcut),*],
                icon: $icon,
                place: Place::$place,
                begins_group: $group,
            }, )* ];
        }
    };
}

commands! {
    NewProject: File false, Some(icons::ICON_NOTE_ADD), "New project", [ctrl(Key::N)], "Closes this project and starts an empty one.";
    OpenProject: File false, Some(icons::ICON_FOLDER_OPEN), "Open project…", [ctrl(Key::O)], "Opens a project folder.";
    OpenDemo: File false, Some(icons::ICON_MUSIC_NOTE), "Open the demo song", [], "Opens the song that comes with Loophole.";
    Save: File true, Some(icons::ICON_SAVE), "Save", [ctrl(Key::S)], "Saves the project where it is.";
    SaveAs: File false, Some(icons::ICON_SAVE_AS), "Save as…", [ctrl_shift(Key::S)], "Saves the project with its media to another folder and goes on there.";
    RenameProject: File false, Some(icons::ICON_EDIT), "Rename project…", [], "Gives the project another name.";
    ImportAudio: File true, Some(icons::ICON_AUDIO_FILE), "Import audio…", [ctrl(Key::I)], "Copies audio files into the project, each on a new track at the playhead.";
    ImportSurface: File false, Some(icons::ICON_TUNE), "Import for control surfaces…", [], "Takes in a profile, a mapping set, or a map of Ardour, Mixxx or QLC+, after showing what becomes of it.";
    Quit: File true, Some(icons::ICON_LOGOUT), "Quit", [ctrl(Key::Q)], "Closes the window and ends the engine.";
    Undo: Edit false, Some(icons::ICON_UNDO), "Undo", [ctrl(Key::Z)], "Takes the last change back.";
    Redo: Edit false, Some(icons::ICON_REDO), "Redo", [ctrl_shift(Key::Z), ctrl(Key::Y)], "Does again what was taken back.";
    AddTrack: Edit true, Some(icons::ICON_ADD), "Add audio track", [ctrl(Key::T)], "Adds an empty audio track below the others.";
    AddBus: Edit false, Some(icons::ICON_ADD), "Add bus", [ctrl(Key::B)], "Adds a bus that channels can feed and sends can go to.";
    DuplicateTrack: Edit false, Some(icons::ICON_CONTENT_COPY), "Duplicate track", [ctrl(Key::D)], "Copies the selected track with its clips, below itself.";
    DeleteSelection: Edit true, Some(icons::ICON_DELETE), "Delete", [plain(Key::Delete), plain(Key::Backspace)], "Deletes the selected clips; when none is selected, the selected track.";
    MapToHardware: Edit true, Some(icons::ICON_SETTINGS_INPUT_COMPONENT), "Map to hardware…", [ctrl(Key::M)], "Click a control in the window, then move the one of your hardware that shall move it.";
    SelectNone: Edit false, None, "Select nothing", [ctrl_shift(Key::A)], "Ends the selection.";
    Palette: View false, Some(icons::ICON_SEARCH), "Command palette…", [ctrl(Key::K), ctrl(Key::P)], "Finds any command by its name.";
    ShowArranger: View true, Some(icons::ICON_VIEW_TIMELINE), "Show arranger", [ctrl(Key::Num1)], "Brings the arranger to the front.";
    ShowMixer: View false, Some(icons::ICON_TUNE), "Show mixer", [ctrl(Key::Num2)], "Brings the mixer to the front.";
    ShowIpc: View false, Some(icons::ICON_SYNC_ALT), "Show IPC messages", [ctrl(Key::Num3)], "Brings the list of all messages (IPC) to the front.";
    ShowDevices: View false, Some(icons::ICON_CABLE), "Show devices", [ctrl(Key::Num4)], "Brings the choice of audio device and what was found to the front.";
    ShowSurfaces: View false, Some(icons::ICON_SETTINGS_INPUT_COMPONENT), "Show surfaces", [ctrl(Key::Num6)], "Brings control surfaces, their mappings and the simulator to the front.";
    ShowEngine: View false, Some(icons::ICON_MEMORY), "Show engine", [ctrl(Key::Num5)], "Brings the state of the audio engine to the front.";
    HardwareNames: View false, Some(icons::ICON_LABEL), "Show hardware names", [ctrl_shift(Key::M)], "Shows on each mapped control which hardware moves it; holding Ctrl and Alt shows it as long.";
    Notifications: View false, Some(icons::ICON_NOTIFICATIONS), "Notifications…", [], "Lists what was reported since the start.";
    ResetLayout: View true, Some(icons::ICON_DASHBOARD), "Reset layout", [], "Puts every panel where it was at first.";
    ZoomIn: View true, Some(icons::ICON_ZOOM_IN), "Larger", [ctrl(Key::Plus), ctrl(Key::Equals)], "Makes everything in the window larger.";
    ZoomOut: View false, Some(icons::ICON_ZOOM_OUT), "Smaller", [ctrl(Key::Minus)], "Makes everything in the window smaller.";
    ZoomReset: View false, None, "Actual size", [ctrl(Key::Num0)], "Shows the window at the size of the system.";
    ThemeDark: Theme false, Some(icons::ICON_DARK_MODE), "Dark theme", [], "Light on dark.";
    ThemeLight: Theme false, Some(icons::ICON_LIGHT_MODE), "Light theme", [], "Dark on light, for bright rooms.";
    ThemeHighContrast: Theme false, Some(icons::ICON_CONTRAST), "High contrast theme", [], "White on black with strong edges.";
    PlayOrPause: Transport false, Some(icons::ICON_PLAY_ARROW), "Play or pause", [plain(Key::Space)], "Plays from the playhead, or stops where it is.";
    Stop: Transport false, Some(icons::ICON_STOP), "Stop", [shift(Key::Space)], "Stops and goes back to where play began; again, to the start.";
    ToStart: Transport false, Some(icons::ICON_SKIP_PREVIOUS), "Go to the start", [plain(Key::Home)], "Puts the playhead at the start.";
    ToggleLoop: Transport true, Some(icons::ICON_REPEAT), "Loop", [ctrl(Key::L)], "Switches the loop on or off.";
    Panic: Engine true, Some(icons::ICON_VOLUME_OFF), "Panic: silence everything", [ctrl_shift(Key::Period)], "Silences everything at once.";
    RestartEngine: Engine false, Some(icons::ICON_RESTART_ALT), "Restart engine", [ctrl_shift(Key::R)], "Ends the audio engine and starts it again; leaves safe mode.";
    RefreshDevices: Engine false, Some(icons::ICON_REFRESH), "Look for devices again", [], "Looks for audio, MIDI and HID devices again.";
    Shortcuts: Help false, Some(icons::ICON_KEYBOARD), "Keyboard shortcuts", [plain(Key::F1)], "Shows every shortcut, and changes them.";
    SaveRecording: Help true, Some(icons::ICON_SAVE), "Save the last 60 seconds of messages…", [], "Writes what the parts of the program said to each other to a file, for a report of what went wrong; without tokens.";
    OpenRecording: Help false, Some(icons::ICON_FOLDER_OPEN), "Open a recording of messages…", [], "Shows a file of messages in the IPC panel.";
    About: Help true, Some(icons::ICON_INFO), "About Loophole", [], "Shows the version and what Loophole is made of.";
}

impl Command {
    /// What is known of it.
    pub fn spec(self) -> &'static CommandSpec {
        &Self::SPECS[self as usize]
    }

    /// What it is called.
    pub fn text(self) -> &'static str {
        self.spec().text
    }

    /// Why it cannot be done now; none when it can.
    pub fn unavailable(self, session: &Session) -> Option<&'static str> {
        let view = session.view();
        let reason = |blocked: bool, why: &'static str| blocked.then_some(why);
        match self {
            Self::Undo => reason(view.history.undo.is_empty(), "There is nothing to undo."),
            Self::Redo => reason(view.history.redo.is_empty(), "There is nothing to redo."),
            Self::DuplicateTrack => reason(session.selection().track.is_none(), "Select a track first."),
            Self::DeleteSelection => reason(session.selection().is_empty(), "Select a clip or a track first."),
            Self::SelectNone => reason(session.selection().is_empty(), "Nothing is selected."),
            Self::SaveRecording => reason(
                session.tap().next_number() == 0,
                "Messages are kept while the IPC panel is open. Open it, and do again what went wrong.",
            ),
            Self::ToggleLoop => {
                let region = view.model.loop_region;
                reason(
                    !region.enabled && region.end_ticks <= region.start_ticks,
                    "Drag in the upper half of the arranger's ruler to set a loop first.",
                )
            }
            Self::NewProject
            | Self::OpenProject
            | Self::OpenDemo
            | Self::Save
            | Self::SaveAs
            | Self::RenameProject
            | Self::ImportAudio
            | Self::ImportSurface
            | Self::OpenRecording
            | Self::Quit
            | Self::AddTrack
            | Self::AddBus
            | Self::Palette
            | Self::ShowArranger
            | Self::ShowMixer
            | Self::ShowIpc
            | Self::ShowDevices
            | Self::ShowEngine
            | Self::ShowSurfaces
            | Self::MapToHardware
            | Self::HardwareNames
            | Self::Notifications
            | Self::ResetLayout
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::ZoomReset
            | Self::ThemeDark
            | Self::ThemeLight
            | Self::ThemeHighContrast
            | Self::PlayOrPause
            | Self::Stop
            | Self::ToStart
            | Self::Panic
            | Self::RestartEngine
            | Self::RefreshDevices
            | Self::Shortcuts
            | Self::About => None,
        }
    }

    /// The intent that it is, where it is nothing more than one. Commands that ask first, or that are about the
    /// window, have none.
    pub fn intent(self, session: &Session) -> Option<Intent> {
        let view = session.view();
        let selection = session.selection();
        Some(match self {
            Self::Undo => Intent::HistoryUndo(intent::history::Undo::default()),
            Self::Redo => Intent::HistoryRedo(intent::history::Redo::default()),
            Self::AddTrack => Intent::TrackCreate(intent::track::Create::default()),
            Self::AddBus => Intent::RoutingCreateBus(intent::routing::CreateBus::default()),
            Self::DuplicateTrack => Intent::TrackDuplicate(intent::track::Duplicate { track_id: selection.track? }),
            Self::DeleteSelection if !selection.clips.is_empty() => {
                Intent::ClipDelete(intent::clip::Delete { clip_ids: selection.clips.iter().copied().collect() })
            }
            Self::DeleteSelection => Intent::TrackDelete(intent::track::Delete { track_ids: vec![selection.track?] }),
            Self::PlayOrPause if view.transport.asked_playing => {
                Intent::TransportPause(intent::transport::Pause::default())
            }
            Self::PlayOrPause => Intent::TransportPlay(intent::transport::Play::default()),
            Self::Stop => Intent::TransportStop(intent::transport::Stop::default()),
            Self::ToStart => {
                Intent::TransportSeek(intent::transport::Seek { position_ticks: Some(0), position_frames: None })
            }
            Self::ToggleLoop => Intent::TransportSetLoopEnabled(intent::transport::SetLoopEnabled {
                enabled: !view.model.loop_region.enabled,
            }),
            Self::Panic => Intent::EnginePanic(intent::engine::Panic::default()),
            Self::RestartEngine => Intent::SessionRestartEngine(intent::session::RestartEngine::default()),
            Self::RefreshDevices => Intent::HardwareIoRefreshDevices(intent::hardware_io::RefreshDevices::default()),
            Self::Save if view.project.path.is_some() => Intent::ProjectSave(intent::project::Save::default()),
            Self::NewProject
            | Self::OpenProject
            | Self::OpenDemo
            | Self::Save
            | Self::SaveAs
            | Self::RenameProject
            | Self::ImportAudio
            | Self::ImportSurface
            | Self::SaveRecording
            | Self::OpenRecording
            | Self::Quit
            | Self::SelectNone
            | Self::Palette
            | Self::ShowArranger
            | Self::ShowMixer
            | Self::ShowIpc
            | Self::ShowDevices
            | Self::ShowEngine
            | Self::ShowSurfaces
            | Self::MapToHardware
            | Self::HardwareNames
            | Self::Notifications
            | Self::ResetLayout
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::ZoomReset
            | Self::ThemeDark
            | Self::ThemeLight
            | Self::ThemeHighContrast
            | Self::Shortcuts
            | Self::About => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_its_own_order_and_no_shortcut_means_two_things() {
        let mut seen: Vec<KeyboardShortcut> = Vec::new();
        for (index, spec) in Command::SPECS.iter().enumerate() {
            assert_eq!(spec.command as usize, index);
            assert!(spec.tooltip.ends_with('.'), "{}", spec.tooltip);
            for shortcut in spec.shortcuts {
                assert!(!seen.contains(shortcut), "{shortcut:?} twice");
                seen.push(*shortcut);
            }
        }
    }
}
