//! Which audio systems there are, and in which order they are tried.

use cpal::HostId;
use loophole_wire::message::hardware::AudioHost;

/// The hosts to try, best first. Fails for a name that this build does not know.
pub(super) fn candidates(wanted: &AudioHost) -> Result<Vec<HostId>, String> {
    match wanted {
        AudioHost::Silent => Ok(Vec::new()),
        AudioHost::Named(name) => named(name).map(|host| vec![host]),
        AudioHost::Auto => Ok(automatic()),
    }
}

/// JACK where its server runs: who starts one wants it used. Then the sound server, then the bare driver. cpal's `default_host`
/// would choose one of the last two and not try the other.
fn automatic() -> Vec<HostId> {
    let place = |host: &HostId| match host.to_string().as_str() {
        "jack" => 0,
        "pulseaudio" => 1,
        _ => 2,
    };
    let mut hosts: Vec<_> = cpal::available_hosts();
    hosts.retain(|host| !is_jack(*host) || jack_server_may_run());
    hosts.sort_by_key(place);
    hosts
}

fn named(name: &str) -> Result<HostId, String> {
    let wanted = if name.eq_ignore_ascii_case("pulse") { "pulseaudio" } else { name };
    wanted.parse().map_err(|_unknown: cpal::Error| {
        let known: Vec<_> = cpal::ALL_HOSTS.iter().map(ToString::to_string).collect();
        format!("there is no audio host '{name}' here; there are {}", known.join(", "))
    })
}

pub(super) fn is_jack(host: HostId) -> bool {
    host.to_string() == "jack"
}

/// What to say when a host has nothing to play on.
pub(super) fn nothing_there(host: HostId) -> &'static str {
    match host.to_string().as_str() {
        "jack" => "no JACK server runs; start one (for instance with qjackctl) and it is used",
        "pulseaudio" => "no PulseAudio or PipeWire server runs",
        "alsa" => "no sound card was found",
        _ => "no output device was found",
    }
}

/// Whether it is worth asking libjack: asking costs some 10 ms and several clients, also in vain. jackd (JACK 2) has a socket
/// `jack_SERVER_UID_0`; one that was killed leaves it behind, so this may be wrong in that direction. Nothing is ever started.
pub(super) fn jack_server_may_run() -> bool {
    let server = std::env::var("JACK_DEFAULT_SERVER").unwrap_or_else(|_| "default".to_owned());
    let prefix = format!("jack_{server}_");
    let is_socket = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        // The user id and the number of the socket are all that follows: `jack_default_` must not match `jack_default_other_0_0`.
        name.to_string_lossy()
            .strip_prefix(&prefix)
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') && rest.ends_with("_0"))
    };
    ["/dev/shm", "/tmp"].iter().any(|folder| {
        std::fs::read_dir(folder).is_ok_and(|entries| entries.filter_map(Result::ok).any(|entry| is_socket(&entry)))
    })
}

/// Takes what alsa-lib would print to stderr on this thread, until the answer is dropped: a machine without a sound card gets
/// dozens of lines for every attempt.
#[cfg(target_os = "linux")]
pub(super) fn quiet_alsa() -> impl Sized {
    alsa::Output::local_error_handler().ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn quiet_alsa() -> impl Sized {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(candidates(&AudioHost::Silent), Ok(Vec::new()));
        let error = candidates(&AudioHost::Named("asio42".to_owned())).unwrap_err();
        assert!(error.contains("asio42") && error.contains("jack"), "{error}");
        let jack = candidates(&AudioHost::Named("JACK".to_owned())).unwrap();
        assert!(matches!(jack.as_slice(), [host] if is_jack(*host)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn pulse_is_short_for_pulseaudio() {
        assert_eq!(candidates(&AudioHost::Named("pulse".to_owned())), Ok(vec![HostId::PulseAudio]));
    }
}
