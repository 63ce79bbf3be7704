//! Audio servers of a test's own, from the scripts in `lanes`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A private audio server, ended with the test.
pub struct Server {
    script: Child,
    /// What the script says about it.
    pub ready: String,
}

impl Server {
    /// Starts a script of `lanes` and waits until the server is up.
    pub fn start(script: &str, arguments: &[&str]) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("lanes").join(script);
        let mut script = Command::new(path)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the lane's script is there");
        let mut lines = BufReader::new(script.stdout.take().expect("piped")).lines();
        let ready =
            lines.find_map(|line| line.ok().filter(|line| line.starts_with("READY"))).expect("the server comes up");
        Self { script, ready }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        crate::process::signal(i32::try_from(self.script.id()).expect("a pid"), 15);
        self.script.wait().expect("it was started");
    }
}

/// A name that no other server of this machine has.
pub fn unique(name: &str) -> String {
    format!("loophole-{name}-{}", std::process::id())
}

/// What makes programs use the JACK server of this name.
pub fn jack_environment(name: &str) -> Vec<(String, String)> {
    vec![("JACK_DEFAULT_SERVER".to_owned(), name.to_owned()), ("JACK_NO_AUDIO_RESERVATION".to_owned(), "1".to_owned())]
}
