//! Project files.

use loophole_pulse::model::Model;
use loophole_pulse::storage::{demo, format};

pub(super) fn run(bytes: &[u8]) {
    let Ok((id, model)) = format::parse(bytes) else { return };
    let written = format::write(&id, &model);
    let (same_id, same_model) = format::parse(&written).unwrap();
    assert_eq!(same_id, id);
    assert_eq!(same_model, model);
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let song = demo::model_of(include_str!("../../../../assets/demo/song.json"), 48_000).unwrap();
    vec![format::write("a", &Model::empty("Empty", 48_000)), format::write("b", &song)]
}
