"""Invented HID devices for unmodified programs: a umockdev test bed with /sys and /dev/hidrawN. Run through hid.sh:
lab.py FOLDER, where FOLDER holds open.so and goes with the lab.

Commands, one JSON object per line of stdin (bytes are hexadecimal):
  {"do": "plug", "number": 0, "usbPath": "1-2", "vendorId": 4617, "productId": 1, "serial": "…", "manufacturer": "…", "product": "…",
   "descriptor": "06…", "permitted": true}
  {"do": "unplug", "number": 0}        under an open reader, too
  {"do": "permit", "number": 0}        for a device that was plugged in with "permitted": false
  {"do": "report", "number": 0, "bytes": "01…"}
What happens, one JSON object per line of stdout:
  {"ready": {"UMOCKDEV_DIR": "…", "LD_PRELOAD": "…"}, "hotplug": true}   the environment in which programs see the devices, and whether
                                                        those that run can be told of plugging
  {"done": "plug", "number": 0}                         after each command
  {"output": "02…", "number": 0}, {"feature": "03…", "number": 0}
"""

import ctypes
import errno
import json
import os
import shutil
import struct
import sys
import termios

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import GLib, UMockdev  # noqa: E402

HIDIOCGRDESCSIZE, HIDIOCGRDESC, HIDIOCGRAWINFO, HIDIOCSFEATURE, HIDIOCGFEATURE = 0x01, 0x02, 0x03, 0x06, 0x07
BUS_USB = 3
MOST_QUEUED = 1000

libc = ctypes.CDLL(None)
libc.ptsname.restype = ctypes.c_char_p


def nudge():
    """The watch of a program may lie on the real /dev, past the test bed: something comes and goes there, so that it looks. os.symlink() is
    not diverted to the test bed. False where this user may not do that."""
    path = f"/dev/hidraw-lab-{os.getpid()}"
    try:
        os.symlink("/dev/null", path)
        os.unlink(path)
    except OSError:
        return False
    return True


def say(**what):
    print(json.dumps(what), flush=True)


def sysfs(device):
    """What the kernel would show, the parents first, so that all is there when the node appears."""
    number, path = device["number"], device["usbPath"]
    bus, port = path.split("-", 1)
    usb = f"/devices/pci0000:00/0000:00:08.1/usb{bus}/{path}"
    vendor, product = device["vendorId"], device["productId"]
    instance = f"0003:{vendor:04X}:{product:04X}.{number + 1:04X}"
    modalias = f"{vendor:x}/{product:x}/100"
    return usb, f"""P: {usb}
N: bus/usb/{int(bus):03}/{number + 12:03}
E: DEVNAME=/dev/bus/usb/{int(bus):03}/{number + 12:03}
E: DEVTYPE=usb_device
E: DRIVER=usb
E: PRODUCT={modalias}
E: BUSNUM={int(bus):03}
E: DEVNUM={number + 12:03}
E: MAJOR=189
E: MINOR={number + 11}
E: SUBSYSTEM=usb
A: bcdDevice=0100\\n
A: manufacturer={device["manufacturer"]}\\n
A: product={device["product"]}\\n
A: serial={device["serial"]}\\n
A: idVendor={vendor:04x}\\n
A: idProduct={product:04x}\\n
A: busnum={int(bus)}\\n
A: devnum={number + 12}\\n
A: devpath={port}\\n
A: speed=12\\n

P: {usb}/{path}:1.0
E: DEVTYPE=usb_interface
E: DRIVER=usbhid
E: PRODUCT={modalias}
E: INTERFACE=3/0/0
E: SUBSYSTEM=usb
A: bInterfaceNumber=00\\n
A: bInterfaceClass=03\\n

P: {usb}/{path}:1.0/{instance}
E: DRIVER=hid-generic
E: HID_ID=0003:{vendor:08X}:{product:08X}
E: HID_NAME={device["manufacturer"]} {device["product"]}
E: HID_PHYS=usb-0000:00:08.1-{port}/input0
E: HID_UNIQ={device["serial"]}
E: MODALIAS=hid:b0003g0001v{vendor:08X}p{product:08X}
E: SUBSYSTEM=hid
H: report_descriptor={device["descriptor"].upper()}

P: {usb}/{path}:1.0/{instance}/hidraw/hidraw{number}
N: hidraw{number}
E: DEVNAME=/dev/hidraw{number}
E: MAJOR=240
E: MINOR={number}
E: SUBSYSTEM=hidraw
A: dev=240:{number}\\n
L: device=../../../{instance}
"""


class Device:
    """One plugged device. poll() in the program looks at the pseudo-terminal behind the node: a byte written to its other end makes the
    node readable; the read itself is answered here with exactly one report, and the byte is flushed once the queue is empty."""

    def __init__(self, bed, description):
        self.bed, self.number = bed, description["number"]
        self.node = f"/dev/hidraw{self.number}"
        self.descriptor = bytes.fromhex(description["descriptor"])
        self.ids = (BUS_USB, description["vendorId"], description["productId"])
        self.features, self.reports = {}, []
        self.usb, text = sysfs(description)
        bed.add_from_string(text)
        self.handler = UMockdev.IoctlBase()
        self.handler.connect("handle-ioctl", self.on_ioctl)
        self.handler.connect("handle-read", self.on_read)
        self.handler.connect("handle-write", self.on_write)
        bed.attach_ioctl(self.node, self.handler)
        self.master = bed.get_dev_fd(self.node)
        self.terminal = libc.ptsname(self.master).decode()
        self.slave = os.open(self.terminal, os.O_RDWR | os.O_NOCTTY)
        attributes = termios.tcgetattr(self.slave)
        attributes[0] = attributes[1] = attributes[3] = 0
        termios.tcsetattr(self.slave, termios.TCSANOW, attributes)
        self.permit(description.get("permitted", True))

    def permit(self, permitted=True):
        os.fchmod(self.slave, 0o600 if permitted else 0)

    def report(self, report):
        if len(self.reports) < MOST_QUEUED:
            self.reports.append(report)
            os.write(self.master, b"x")

    def unplug(self):
        os.close(self.slave)
        os.close(self.master)
        self.bed.detach_ioctl(self.node)
        self.bed.remove_device("/sys" + self.usb)
        os.unlink(self.bed.get_root_dir() + self.node)

    def on_ioctl(self, _handler, client):
        request = client.get_request()
        kind, size = request & 0xFF, (request >> 16) & 0x3FFF
        try:
            if kind == HIDIOCGRDESCSIZE:
                client.get_arg().resolve(0, 4).update(0, struct.pack("<I", len(self.descriptor)))
                client.complete(0, 0)
            elif kind == HIDIOCGRDESC:
                client.get_arg().resolve(0, 4100).update(4, self.descriptor)
                client.complete(0, 0)
            elif kind == HIDIOCGRAWINFO:
                client.get_arg().resolve(0, 8).update(0, struct.pack("<IHH", *self.ids))
                client.complete(0, 0)
            elif kind == HIDIOCSFEATURE:
                feature = bytes(client.get_arg().resolve(0, size).retrieve())
                self.features[feature[0]] = feature
                say(feature=feature.hex(), number=self.number)
                client.complete(len(feature), 0)
            elif kind == HIDIOCGFEATURE:
                data = client.get_arg().resolve(0, size)
                feature = self.features.get(bytes(data.retrieve())[0], b"")[:size]
                if feature:
                    data.update(0, feature)
                    client.complete(len(feature), 0)
                else:
                    client.complete(-1, errno.EPIPE)
            else:
                client.complete(-1, errno.ENOTTY)
        except GLib.Error:
            client.complete(-1, errno.EFAULT)
        return True

    def on_read(self, _handler, client):
        if self.reports:
            report = self.reports.pop(0)
            client.get_arg().update(0, report)
            client.complete(len(report), 0)
        else:
            client.complete(-1, errno.EAGAIN)
        if not self.reports:
            termios.tcflush(self.slave, termios.TCIFLUSH)
        return True

    def on_write(self, _handler, client):
        report = bytes(client.get_arg().retrieve())
        say(output=report.hex(), number=self.number)
        client.complete(len(report), 0)
        return True


class Lab:
    def __init__(self, folder):
        self.folder = folder
        self.bed = UMockdev.Testbed.new()
        os.makedirs(self.bed.get_root_dir() + "/dev", exist_ok=True)
        self.devices = {}
        self.loop = GLib.MainLoop()
        self.line = b""

    def run(self):
        GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, 0, GLib.IOCondition.IN | GLib.IOCondition.HUP, self.on_input)
        preload = f"{self.folder}/open.so:" + os.environ["LD_PRELOAD"].strip(":")
        say(ready={"UMOCKDEV_DIR": self.bed.get_root_dir(), "LD_PRELOAD": preload}, hotplug=nudge())
        self.loop.run()
        shutil.rmtree(self.folder)

    def on_input(self, _descriptor, _condition):
        data = os.read(0, 65536)
        if not data:
            self.loop.quit()
            return False
        *lines, self.line = (self.line + data).split(b"\n")
        for line in lines:
            self.obey(json.loads(line))
        return True

    def obey(self, command):
        what, number = command["do"], command["number"]
        if what == "plug":
            self.devices[number] = Device(self.bed, command)
        elif what == "unplug":
            self.devices.pop(number).unplug()
        elif what == "permit":
            self.devices[number].permit()
        elif what == "report":
            self.devices[number].report(bytes.fromhex(command["bytes"]))
        else:
            sys.exit(f"unknown command: {what}")
        if what in ("plug", "unplug"):
            nudge()
        say(done=what, number=number)


Lab(sys.argv[1]).run()
