//! An OSC app: what it moves, and what it is shown.

use super::check;

#[test]
fn an_app_moves_faders_and_sees_what_others_move() {
    check(
        r#"
        aura> track.create {"name":"Kick"}
          = changed: ch10 l11 n12 n13 n15 n17 p14 p16 t9 t9 channelId="ch10" trackId="t9"
        engine comes
          engine: start
          engine: whole graph, 2 channels, 7 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.seek {"positionFrames":0}
          engine: sync
        engine answers
        osc /track/1/volume 0.5
          engine: set 16=-10
          engine: feedback to one /track/1/volume=0.5 /track/1/pan=0 /track/1/mute=0 /track/1/solo=0 /master/volume=0.75 /transport/play=0 /transport/stop=1 /transport/seek=0
        osc /track/1/volume 0.25
          engine: set 16=-30
          engine: feedback /track/1/volume=0.25
        wait 600
        osc /track/1/volume 0
          engine: set 16=-inf
          engine: feedback /track/1/volume=0
        aura> history.undo
          = changed: p16 label="Set gain of Kick"
          engine: set 16=-30
          engine: feedback /track/1/volume=0.25
        aura> history.undo
          = changed: p16 label="Set gain of Kick"
          engine: set 16=0
          engine: feedback /track/1/volume=0.75
        osc /track/1/mute 1
          engine: set audible(15)=0
          engine: feedback /track/1/mute=1
        osc /track/1/mute 1
          engine: feedback /track/1/mute=1
        aura> track.setFlags {"trackId":"t9","solo":true}
          = changed: ch10 t9
          engine: feedback /track/1/solo=1
        osc /track/1/pan -0.5
          engine: set 14=-0.5
          engine: feedback /track/1/pan=-0.5
        osc /track/2/volume 0.5
        osc /track/1/volume nan
        osc /master/volume 1
          engine: set 5=6
          engine: feedback /master/volume=1
        aura> parameter.beginGesture {"parameterId":"p16"}
          = parameterId="p16" value=0.0
        aura> parameter.updateGesture {"parameterId":"p16","value":-10}
          = parameterId="p16" value=-10.0
          engine: set 16=-10
          engine: feedback /track/1/volume=0.5
        osc /transport/seek 2
          engine: transport.seek {"positionFrames":96000}
          engine: feedback /transport/seek=2
        osc /transport/play
          engine: transport.play {"anchor":null}
          engine: feedback /transport/play=1 /transport/stop=0
        osc /transport/stop
          engine: transport.stop {"positionFrames":96000}
          engine: feedback /transport/play=0 /transport/stop=1
        aura> track.create {"name":"Snare","index":0}
          = changed: ch19 l20 n21 n22 n24 n26 p23 p25 t18 t9 t18 channelId="ch19" trackId="t18"
          engine: graph channels 19 nodes 21 22 24 26
          engine: feedback /track/1/volume=0.75 /track/2/volume=0.5 /track/1/pan=0 /track/2/pan=-0.5 /track/1/mute=0 /track/2/mute=1 /track/1/solo=0 /track/2/solo=1
        wait 61000
        aura> channel.setGain {"channelId":"ch10","gainDb":-30}
          = changed: p16
        "#,
    );
}
