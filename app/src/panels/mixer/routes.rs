//! Which channel may feed which.

use loophole_pulse::model::{Channel, ChannelId, ChannelRole, Model, NodeKind};
use std::sync::Arc;

/// What `from` may feed with no circle: the buses in their order, then the master.
pub(super) fn targets(model: &Model, from: ChannelId) -> Vec<Arc<Channel>> {
    let buses = model.bus_order.iter().filter_map(|bus| model.channels.get(bus));
    let master = model.channels.values().filter(|channel| channel.role == ChannelRole::Master);
    buses.chain(master).filter(|target| target.id != from && !reaches(model, target.id, from)).cloned().collect()
}

/// Whether sound of `from` comes to `to`, through outputs and sends.
fn reaches(model: &Model, from: ChannelId, to: ChannelId) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(channel) = seen.get(next).and_then(|id| model.channels.get(id)) {
        next += 1;
        let sends = channel.nodes.iter().filter_map(|node| model.nodes.get(node));
        let sends = sends.filter(|node| node.kind == NodeKind::Send).filter_map(|node| node.target);
        for fed in channel.output.into_iter().chain(sends) {
            if fed == to {
                return true;
            }
            if !seen.contains(&fed) {
                seen.push(fed);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_pulse::model::Colour;
    use std::collections::BTreeMap;

    #[test]
    fn a_bus_never_feeds_what_feeds_it() {
        let channel = |id: u32, role, output: Option<u32>| {
            let channel = Channel {
                id: ChannelId(id),
                role,
                name: format!("{id}"),
                colour: Colour([0; 3]),
                output: output.map(ChannelId),
                nodes: Vec::new(),
                mute: false,
                solo: false,
                arm: false,
                monitor: false,
            };
            (ChannelId(id), Arc::new(channel))
        };
        let channels = [
            channel(1, ChannelRole::Master, None),
            channel(2, ChannelRole::Bus, Some(3)),
            channel(3, ChannelRole::Bus, Some(1)),
            channel(4, ChannelRole::Track, Some(2)),
        ];
        let model = Model {
            channels: Arc::new(BTreeMap::from(channels)),
            bus_order: Arc::new(vec![ChannelId(2), ChannelId(3)]),
            ..Model::default()
        };
        let check = |from, expected: &[u32]| {
            let found: Vec<u32> = targets(&model, ChannelId(from)).iter().map(|channel| channel.id.0).collect();
            assert_eq!(found, expected, "from {from}");
        };
        check(4, &[2, 3, 1]);
        check(2, &[3, 1]);
        check(3, &[1]);
        check(1, &[]);
    }
}
