"""Takes from a Python on Linux or macOS what Windows has not, in every process that has this folder on its path.

Libraries that look at sys.platform still take the way of the system that this is: what they cannot do without is
left to them (os.uname to NumPy, os.sysconf to asyncio, platformdirs to symusic, a way to kill to subprocess).
"""

import os
import select
import signal
import subprocess
import sys

import platformdirs.unix  # noqa: F401

MODULES = ("crypt", "fcntl", "grp", "nis", "pty", "pwd", "readline", "resource", "spwd", "syslog", "termios", "tty")
SIGNALS = ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2", "alarm", "pause", "setitimer")
OF_OS = (
    *("chown", "confstr", "fork", "forkpty", "geteuid", "getgid", "getpgid", "getuid", "kill", "killpg", "mkfifo"),
    *("nice", "openpty", "pread", "sched_getaffinity", "setsid", "wait4"),
)

kill, number = os.kill, signal.SIGKILL
subprocess.Popen.kill = lambda process: process.returncode is None and kill(process.pid, number)
for name in MODULES:
    sys.modules[name] = None
for module, names in ((signal, SIGNALS), (os, OF_OS), (select, ("poll", "epoll", "kqueue"))):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
