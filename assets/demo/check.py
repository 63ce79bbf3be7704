#!/usr/bin/env python3
"""Checks the demo song: its shape, that every loop fits the tempo to the sample, that each file has a licence line, and the total size.

Usage: check.py [ASSETS_FOLDER]; needs Python 3.8 and nothing else. Prints one line per fault; exit 1 if there is one.
"""

import json
import re
import struct
import sys
from fractions import Fraction
from pathlib import Path

TICKS_PER_QUARTER = 20160
MAX_TOTAL_BYTES = 8_000_000
MIN_TRACKS = 10
MIN_SECONDS = 64

SONG_KEYS = {"name", "tempoBpm", "signature", "loop", "media", "buses", "tracks", "masterGainDb"}
BUS_KEYS = {"key", "name", "colour", "gainDb", "pan", "output"}
TRACK_KEYS = BUS_KEYS | {"sends", "clips"}
CLIP_KEYS = {"media", "name", "startTicks", "lengthTicks", "offsetFrames", "looped", "gainDb"}

faults = []


def fault(text):
    faults.append(text)


def media_length(path):
    """(frames, frames per second) from the file's own headers."""
    data = path.read_bytes()
    if data[:4] == b"fLaC":
        packed = int.from_bytes(data[18:26], "big")  # STREAMINFO: 20 bit rate, 3 channels, 5 bits, 36 frames
        return packed & ((1 << 36) - 1), packed >> 44
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        chunks = dict(iff_chunks(data, "<"))
        _, channels, rate, _, align, _ = struct.unpack("<HHIIHH", chunks[b"fmt "][:16])
        return len(chunks[b"data"]) // align, rate
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        common = dict(iff_chunks(data, ">"))[b"COMM"]
        _, frames, _, exponent, mantissa = struct.unpack(">hIhHQ", common[:18])
        return frames, mantissa >> (16383 + 63 - exponent)
    if data[:4] == b"OggS":
        head = data.index(b"\x01vorbis")
        rate = struct.unpack_from("<I", data, head + 12)[0]
        last_page = data.rindex(b"OggS")
        return struct.unpack_from("<q", data, last_page + 6)[0], rate
    raise ValueError("not FLAC, WAV, AIFF or Ogg Vorbis")


def iff_chunks(data, order):
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from(order + "I", data, at + 4)[0]
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + (size & 1)


def check_keys(where, thing, expected):
    if set(thing) != expected:
        fault(f"{where}: keys differ: missing {sorted(expected - set(thing))}, unknown {sorted(set(thing) - expected)}")
        return False
    return True


def check_strip(where, strip, outputs):
    if not re.fullmatch(r"#[0-9a-f]{6}", strip["colour"]):
        fault(f"{where}: colour {strip['colour']!r} is not #rrggbb")
    if not -60 <= strip["gainDb"] <= 6:
        fault(f"{where}: gain {strip['gainDb']} dB is outside -60…6")
    if not -1 <= strip["pan"] <= 1:
        fault(f"{where}: pan {strip['pan']} is outside -1…1")
    if strip["output"] not in outputs:
        fault(f"{where}: output {strip['output']!r} is neither master nor a bus")


def check_clip(where, clip, media, tempo):
    if clip["media"] not in media:
        fault(f"{where}: media file {clip['media']!r} is missing")
        return
    if clip["startTicks"] < 0 or clip["lengthTicks"] <= 0:
        fault(f"{where}: starts at {clip['startTicks']}, lasts {clip['lengthTicks']} ticks")
    frames, rate = media[clip["media"]]
    content = frames - clip["offsetFrames"]
    if clip["offsetFrames"] < 0 or content <= 0:
        fault(f"{where}: offset {clip['offsetFrames']} is outside the {frames} frames of {clip['media']}")
        return
    beats = Fraction(content) * tempo / (60 * rate)
    if clip["looped"] and beats.denominator != 1:
        fault(f"{where}: loop of {content} frames at {rate} Hz is {float(beats):.6f} beats, not a whole number")
    if not clip["looped"] and Fraction(clip["lengthTicks"], TICKS_PER_QUARTER) > beats:
        fault(f"{where}: lasts {clip['lengthTicks'] / TICKS_PER_QUARTER:.3f} beats, its media only {float(beats):.3f}")


def check_song(song, media):
    if not check_keys("song", song, SONG_KEYS):
        return
    tempo = Fraction(str(song["tempoBpm"]))
    for name, (frames, rate) in media.items():
        said = [(row["frames"], row["sampleRate"]) for row in song["media"] if row["file"] == name]
        if said != [(frames, rate)]:
            fault(f"media/{name}: has {frames} frames at {rate} Hz, the song says {said}")
    for row in song["media"]:
        if row["file"] not in media:
            fault(f"song: media file {row['file']!r} is missing")
    buses = song["buses"]
    bus_keys = [bus["key"] for bus in buses]
    every_key = bus_keys + [track["key"] for track in song["tracks"]] + ["master"]
    for key in sorted({key for key in every_key if every_key.count(key) > 1}):
        fault(f"song: key {key!r} is used twice")

    for index, bus in enumerate(buses):
        # A bus may only feed a later one: no circle can be written down.
        if check_keys(f"bus {bus.get('key')}", bus, BUS_KEYS):
            check_strip(f"bus {bus['key']}", bus, ["master"] + bus_keys[index + 1 :])

    end = 0
    used = set()
    for track in song["tracks"]:
        where = f"track {track.get('key')}"
        if not check_keys(where, track, TRACK_KEYS):
            continue
        check_strip(where, track, ["master"] + bus_keys)
        for send in track["sends"]:
            if check_keys(f"{where}, send", send, {"to", "gainDb"}) and send["to"] not in bus_keys:
                fault(f"{where}: send to {send['to']!r}, which is no bus")
        free_from = 0
        for number, clip in enumerate(track["clips"], 1):
            place = f"{where}, clip {number}"
            if not check_keys(place, clip, CLIP_KEYS):
                continue
            check_clip(place, clip, media, tempo)
            if clip["startTicks"] < free_from:
                fault(f"{place}: starts before the clip in front of it ends")
            free_from = clip["startTicks"] + clip["lengthTicks"]
            end = max(end, free_from)
            used.add(clip["media"])
    for name in sorted(set(media) - used):
        fault(f"media/{name}: no clip uses it")

    seconds = end / TICKS_PER_QUARTER * 60 / float(tempo)
    if len(song["tracks"]) < MIN_TRACKS:
        fault(f"song: {len(song['tracks'])} tracks, wanted {MIN_TRACKS}")
    if seconds < MIN_SECONDS:
        fault(f"song: {seconds:.1f} s, wanted {MIN_SECONDS}")
    if not 0 <= song["loop"]["startTicks"] < song["loop"]["endTicks"] <= end:
        fault(f"song: the loop region {song['loop']} is empty or outside the song")
    if not faults:
        clips = sum(len(track["clips"]) for track in song["tracks"])
        print(f"{song['name']}: {len(song['tracks'])} tracks, {len(buses)} buses, {clips} clips, {seconds:.1f} s at {song['tempoBpm']} bpm")


def check_licences(assets, files):
    table = (assets / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))
    present = {str(path.relative_to(assets).as_posix()) for path in files}
    for name in sorted(present - listed):
        fault(f"{name}: no licence line in assets/README.md")
    for name in sorted(listed - present):
        fault(f"assets/README.md lists {name}, which is not there")


def main():
    assets = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    files = [path for path in assets.rglob("*") if path.is_file() and path.name != "README.md" and "__pycache__" not in path.parts]
    total = sum(path.stat().st_size for path in files)
    if total > MAX_TOTAL_BYTES:
        fault(f"assets: {total} bytes, at most {MAX_TOTAL_BYTES} are allowed")
    check_licences(assets, files)

    media = {}
    for path in sorted((assets / "demo" / "media").iterdir()):
        try:
            media[path.name] = media_length(path)
        except (ValueError, KeyError, IndexError, struct.error) as error:
            fault(f"media/{path.name}: unreadable: {error}")
    song = json.loads((assets / "demo" / "song.json").read_text(encoding="utf-8"))
    check_song(song, media)

    for text in faults:
        print(text)
    print(f"{len(files)} files, {total / 1e6:.2f} MB, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
