"""Becomes another program, one that cannot outlive the process which started it.

Run by path, without site packages, between a supervisor and its child (about 10 ms). Doing this in
a program of its own rather than in `preexec_fn` keeps a supervisor with threads safe to fork.

    python -I -S launch.py --parent PID --death-signal N [--as direct|userns|nobody] -- PROGRAM …

`userns` enters a user namespace in which we are `nobody`, for servers that refuse to run as root;
`nobody` gives root up for good, but for passing any directory. The order matters: the kernel
forgets the death signal whenever credentials change, and a parent that died before it was set would
never be noticed.

What is written from here on is its owner's to read only, and nothing that dies leaves its memory in
a file: it may hold keys and tokens.
"""

import ctypes
import os
import resource
import struct
import sys

NOBODY = 65_534
_NEW_USER_NAMESPACE = 0x1000_0000
_PARENT_DEATH_SIGNAL = 1
_KEEP_CAPABILITIES = 8
_CAPABILITIES_VERSION = 0x2008_0522
_PASS_ANY_FILE = 1  # CAP_DAC_OVERRIDE
_AMBIENT, _RAISE = 47, 2

_libc = ctypes.CDLL(None, use_errno=True)


def enter_user_namespace() -> None:
    """Be `nobody` to the programs run from here, with our files still ours outside."""
    user, group = f"{NOBODY} {os.geteuid()} 1", f"{NOBODY} {os.getegid()} 1"
    _check(_libc.unshare(_NEW_USER_NAMESPACE), "no user namespaces here")
    for name, text in (("setgroups", "deny"), ("uid_map", user), ("gid_map", group)):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, text.encode())
        os.close(descriptor)


def become_nobody() -> None:
    """Give root up, except for passing through directories: programs and data lie below root's."""
    _check(_libc.prctl(_KEEP_CAPABILITIES, 1, 0, 0, 0), "capabilities cannot be kept")
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    only = 1 << _PASS_ANY_FILE
    header = struct.pack("Ii", _CAPABILITIES_VERSION, 0)
    _check(_libc.capset(header, struct.pack("6I", only, only, only, 0, 0, 0)), "capset")
    _check(_libc.prctl(_AMBIENT, _RAISE, _PASS_ANY_FILE, 0, 0), "no ambient capabilities here")


def die_with_parent(parent: int, death_signal: int) -> None:
    """Ask the kernel to signal this process when its parent ends, and end now if it has."""
    _check(_libc.prctl(_PARENT_DEATH_SIGNAL, death_signal, 0, 0, 0), "no death signal here")
    if os.getppid() != parent:
        os._exit(1)


def keep_to_ourselves() -> None:
    """Let nobody else read our files, or our memory once we are dead."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _check(result: int, complaint: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), complaint)


def main(arguments: list[str]) -> None:
    """Set this process up as the options say and become the program after `--`."""
    keep_to_ourselves()
    separator = arguments.index("--")
    options = dict(zip(arguments[:separator:2], arguments[1:separator:2], strict=True))
    match options.get("--as", "direct"):
        case "userns":
            enter_user_namespace()
        case "nobody":
            become_nobody()
        case _:
            pass
    die_with_parent(int(options["--parent"]), int(options["--death-signal"]))
    program = arguments[separator + 1 :]
    os.execvp(program[0], program)  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
