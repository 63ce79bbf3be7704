"""Takes the uncompressed kernel out of a compressed one: vmlinux.py VMLINUZ VMLINUX"""

import lzma
import sys

XZ = b"\xfd7zXZ\x00"
ELF = b"\x7fELF"


def main(source: str, target: str) -> int:
    with open(source, "rb") as file:
        image = file.read()
    place = image.find(XZ)
    while place >= 0:
        try:
            kernel = lzma.LZMADecompressor().decompress(image[place:])
        except lzma.LZMAError:
            kernel = b""
        if kernel.startswith(ELF):
            with open(target, "wb") as file:
                file.write(kernel)
            return 0
        place = image.find(XZ, place + 1)
    print(f"{source} holds no kernel that is compressed with xz", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
