"""What a library asks of the system that loads it, read from the file itself."""

import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Binary:
    libraries: set[str]  # that it is linked with
    exports: set[str]
    glibc: tuple[int, int] = (0, 0)  # the newest version that it needs
    is_signed: bool = False
    min_system: tuple[int, int] = (0, 0)


def read_elf(path: Path) -> Binary:
    text = output("readelf", "--wide", "--dynamic", "--version-info", "--dyn-syms", path)
    versions = [tuple(map(int, v)) for v in re.findall(r"Name: GLIBC_(\d+)\.(\d+)", text)]
    symbols = re.findall(r"(?:GLOBAL|WEAK)\s+DEFAULT\s+\d+ (\w+)", text)
    libraries = set(re.findall(r"\(NEEDED\).*\[(.*)\]", text))
    return Binary(libraries, set(symbols), max(versions))


def read_pe(path: Path) -> Binary:
    text = output("objdump", "--private-headers", path)
    exports = text.partition("[Ordinal/Name Pointer] Table")[2].partition("\n\n")[0]
    return Binary(
        set(re.findall(r"DLL Name: (\S+)", text)), set(re.findall(r"\] (\w+)$", exports, re.M))
    )


def output(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


LC_SYMTAB, LC_LOAD_DYLIB, LC_CODE_SIGNATURE, LC_BUILD_VERSION = 0x02, 0x0C, 0x1D, 0x32
N_EXT, N_TYPE, N_STAB, N_SECT = 0x01, 0x0E, 0xE0, 0x0E


def read_mach_o(path: Path) -> Binary:
    """Source: Apple's mach-o/loader.h and mach-o/nlist.h."""
    data = path.read_bytes()
    magic, _, _, _, num_commands, *_ = struct.unpack_from("<8I", data)
    assert magic == 0xFEEDFACF, path
    libraries, exports, is_signed, min_system = set(), set(), False, (0, 0)
    at = 32
    for _ in range(num_commands):
        command, size = struct.unpack_from("<2I", data, at)
        if command == LC_LOAD_DYLIB:
            libraries.add(text_at(data, at + struct.unpack_from("<I", data, at + 8)[0]))
        elif command == LC_CODE_SIGNATURE:
            is_signed = True
        elif command == LC_BUILD_VERSION:
            version = struct.unpack_from("<I", data, at + 12)[0]
            min_system = (version >> 16, version >> 8 & 255)
        elif command == LC_SYMTAB:
            exports = exported(data, *struct.unpack_from("<3I", data, at + 8))
        at += size
    return Binary(libraries, exports, is_signed=is_signed, min_system=min_system)


def exported(data: bytes, symbols: int, count: int, strings: int) -> set[str]:
    names = set()
    for at in range(symbols, symbols + 16 * count, 16):
        name, kind = struct.unpack_from("<IB", data, at)
        if kind & N_EXT and not kind & (N_STAB | 0x10) and kind & N_TYPE == N_SECT:
            names.add(text_at(data, strings + name))
    return names


def text_at(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode()
