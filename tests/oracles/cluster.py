"""A PostgreSQL cluster of its own with PostGIS, on a free port of 127.0.0.1, thrown away at the end."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


class NotRun(Exception):
    """Why something cannot be run here."""


class Cluster:
    def __init__(self, **settings):
        self.settings = settings

    def __enter__(self):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if not programs:
            raise NotRun("no initdb below /usr/lib/postgresql, where Debian's postgresql-postgis puts it")
        self.programs = programs[-1].parent
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        self.port = free_port()
        self.connection = f"host=127.0.0.1 port={self.port} user=owner dbname=postgres"
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "wal_level": "minimal",
            "max_wal_senders": 0,
            "synchronous_commit": "off",
            "jit": "off",
        } | self.settings
        try:
            self._run("initdb", "--auth=trust", "--username=owner", "--encoding=UTF8", "--no-sync")
            with (self.folder / "postgresql.conf").open("a") as conf:
                conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
            self._run("pg_ctl", "--wait", f"--log={self.folder}/log", "start")
            self.sql("create extension postgis")
        except NotRun:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(NotRun):
            self._run("pg_ctl", "--wait", "--mode=immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *arguments):
        become = ["runuser", "-u", self.user, "--"] if os.geteuid() == 0 else []
        # Its output goes to a file: the server inherits it, and a pipe would never end.
        with tempfile.TemporaryFile("w+") as said:
            command = [*become, self.programs / program, f"--pgdata={self.folder}", *arguments]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/")
            said.seek(0)
            if done.returncode != 0:
                raise NotRun(f"{program} failed: {last_line(said.read())}")

    def sql(self, text):
        command = [self.programs / "psql", "--quiet", "--no-psqlrc", f"--command={text}", self.connection]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise NotRun(f"{text}: {last_line(done.stderr)}")


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def last_line(text):
    return (text.strip().splitlines() or ["no reason given"])[-1]
