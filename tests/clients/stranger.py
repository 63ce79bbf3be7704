"""A headless client of Loophole, written from wire/PROTOCOL.md alone. Usage: stranger.py COMMAND [ARG …]"""
import datetime, itertools, json, os, signal, socket, struct, subprocess, sys
def begin(what):  # a new step: if the next one has not begun 30 seconds later, SIGALRM breaks off whatever blocks
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"stranger: {what}: not within 30 seconds"))
    signal.alarm(30)
def send(kind, name, payload, cid=None):
    own_id, (domain, short) = str(next(ids)), name.split(".")
    ts = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    body = json.dumps(dict(v=1, id=own_id, cid=cid, ts=ts, origin="client", target="pulse", domain=domain, kind=kind,
                           name=short, priority="normal", payload=payload, error=None)).encode()
    link.sendall(struct.pack("<IB", len(body) + 1, 0) + body)  # type 0: JSON, the only one that clients receive
    return own_id
def wait(what, test):  # the payload of the next envelope that passes the test; heartbeats are answered, errors raised
    begin(what)
    while header := reader.read(5):
        envelope = json.loads(reader.read(struct.unpack("<IB", header)[0] - 1))
        name = f"{envelope['domain']}.{envelope['name']}"
        if envelope["error"]: raise RuntimeError(f"{what}: {name} says {envelope['error']}")
        if name == "client.heartbeat": send("event", name, {}, cid=envelope["id"])
        elif test(name, envelope): return envelope["payload"]
    raise ConnectionError(f"{what}: the server closed the connection")
def ask(command, **payload):  # the payload of its answer; events that come before it are skipped
    own_id = send("command", command, payload)
    return wait(command, lambda name, envelope: name == command and envelope["cid"] == own_id)
def event(what, wanted, test): return wait(what, lambda name, envelope: name == wanted and test(envelope["payload"]))
def moving(what):
    first = event(what, "metering.state", lambda p: True)["positionFrames"]
    event(what, "metering.state", lambda p: p["positionFrames"] > first)
def running(p): return p["engine"]["state"] == "running" and p["engine"]["pid"] != killed

ids, killed = itertools.count(1), None
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
try:
    begin("the ready line and connecting")
    ready = json.loads(server.stdout.readline() or sys.exit("stranger: the server ended without a ready line"))["ready"]
    link = socket.create_connection(("127.0.0.1", ready["port"]))
    reader = link.makefile("rb")
    ask("client.hello", clientId="stranger", instanceId=str(os.getpid()), token=ready["token"], protocol=1)
    ask("client.subscribe", domains=["session", "transport"])
    if not running(ask("session.status")): event("waiting for the engine", "session.state", running)
    print(len(tracks := ask("project.snapshot")["tracks"]), "tracks")
    ask("transport.seek", positionTicks=1290240)
    send("command", "transport.play", {})  # not ask(): the engine may confirm before or after the answer
    event("playing", "transport.state", lambda p: p["state"] == "playing" and p["confirmedByEngine"])
    ask("channel.setGain", channelId=tracks[0]["channelId"], gainDb=-6)
    assert -6 in [round(float(p["value"]), 2) for p in ask("project.snapshot")["parameters"]], "no value is -6 dB"
    ask("metering.subscribe", rateHz=30)
    moving("meters that move")
    event("loudness", "metering.state", lambda p: any(float(db) > -60 for c in p["channels"] for db in c["peakDb"]))
    os.kill(killed := ask("session.status")["engine"]["pid"], signal.SIGKILL)
    event("an engine with another pid", "session.state", running)
    moving("meters of the new engine that move")
    ask("client.goodbye")
except Exception as fault: sys.exit(f"stranger: {type(fault).__name__}: {fault}")
finally:
    signal.alarm(0)
    server.stdin.close()
    try: server.wait(5)
    except subprocess.TimeoutExpired: server.terminate(), print("stranger: terminated the server", file=sys.stderr)
print("DONE")
