"""Programs, packages and numbers of this machine."""

import functools
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target/bench"
VENV = WORK / "venv"
# Those whose versions are told.
MODULES = (
    "gunicorn",
    "mapbox-vector-tile",
    "numpy",
    "psycopg",
    "pyarrow",
    "pygeoapi",
    "pyogrio",
    "sedonadb",
    "shapely",
    "tipg",
    "uvicorn",
)

sys.path.append(str(ROOT / "tests/oracles"))
from cluster import NotRun, last_line


class Wrong(Exception):
    """An answer that is not what it must be; ends the run."""


def say(text):
    print(f"bench: {text}", flush=True)


def output(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def root_command(*command):
    """The command, as root when there is a way to be root."""
    if os.geteuid() == 0:
        return list(command)
    if shutil.which("sudo"):
        return ["sudo", "--non-interactive", "--preserve-env=DEBIAN_FRONTEND,RUNLEVEL", *command]
    raise NotRun(f"neither root nor sudo, so this cannot be run: {' '.join(command)}")


@functools.cache
def need_packages(*packages):
    """Installs Debian packages that are missing; none of their services is started."""
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    say(f"installing {', '.join(missing)}")
    if not shutil.which("apt-get"):
        raise NotRun(f"no apt-get, which would install {', '.join(missing)}")
    # Packages of servers start them unless the machine seems to be in single-user mode.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    install = root_command("apt-get", "install", "--yes", "--no-install-recommends", *missing)
    for command in (install, root_command("apt-get", "update"), install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if command == install and done.returncode == 0:
            return
    raise NotRun(f"apt-get could not install {', '.join(missing)}: {last_line(done.stderr)}")


def installed(package):
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    try:
        return subprocess.run(query, capture_output=True, text=True).stdout == "installed"
    except FileNotFoundError:
        return False


@functools.cache
def need_modules(*modules):
    """Installs Python packages into an environment of their own."""
    python = VENV / "bin/python"
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
        if made.returncode != 0:
            raise NotRun(f"python3 -m venv failed, on Debian it needs python3-venv: {last_line(made.stdout)}")
    done = subprocess.run([python, "-m", "pip", "install", "--quiet", *modules], capture_output=True, text=True)
    if done.returncode != 0:
        raise NotRun(f"pip could not install {', '.join(modules)}: {last_line(done.stderr)}")


def crate_version(name):
    """The version of a program that need_crate has built; none when there is none."""
    program = WORK / name / "bin" / name
    return output(program, "--version").split()[-1] if program.exists() else None


@functools.cache
def need_crate(name, version, *features):
    """A program built by cargo, in a folder of its own."""
    if crate_version(name) != version:
        say(f"building {name} {version}, which takes a quarter of an hour")
        command = ["cargo", "install", name, "--version", version, "--locked", "--no-default-features"]
        command += ["--features", ",".join(features), "--root", WORK / name, "--force"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise NotRun(f"cargo could not install {name} {version}: {last_line(done.stderr)}")
    return WORK / name / "bin" / name


@functools.cache
def need_parse():
    """The program of parse/, built for this very processor, without which sonic-rs has none of its ways."""
    say("building the bare parse")
    place, folder = WORK / "parse", ROOT / "tests/bench/parse"
    command = ["cargo", "build", "--release", "--locked", "--target-dir", place]
    environment = os.environ | {"RUSTFLAGS": "-C target-cpu=native"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotRun(f"cargo could not build it: {last_line(done.stderr)}")
    return place / "release/parse"


def memory_mib(pid):
    """Most and present resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmHWM", "VmRSS")]


def stop(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def load_average():
    return Path("/proc/loadavg").read_text().split()[0]


def facts():
    """The machine, in a few lines."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    total_kib = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1])
    return {
        "Date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "Processor": f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores",
        "Memory": f"{total_kib / 2**20:.0f} GiB",
        "System": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "Load average at the start": load_average(),
    }


def versions():
    """Versions of all that took part."""
    metadata = json.loads(output("cargo", "metadata", "--no-deps", "--format-version=1", cwd=ROOT))
    found = {"innospace": f"{metadata['packages'][0]['version']} ({commit()})"}
    found["rustc"] = output("rustc", "--version", cwd=ROOT).split()[1]
    for package in ("postgresql-15", "postgresql-15-postgis-3", "cgi-mapserver", "nginx-light", "gdal-bin", "wrk"):
        if installed(package):
            found[package] = output("dpkg-query", "--show", "--showformat=${Version}", package)
    if martin := crate_version("martin"):
        found["martin"] = martin
    if (VENV / "bin/python").exists():
        found["Python"] = output(VENV / "bin/python", "--version").split()[1]
        for module in json.loads(output(VENV / "bin/python", "-m", "pip", "list", "--format=json")):
            if module["name"] in MODULES:
                found[module["name"]] = module["version"]
    return found


def commit():
    revision = output("git", "rev-parse", "--short", "HEAD", cwd=ROOT).strip()
    return revision + (", changed" if output("git", "status", "--porcelain", "src", cwd=ROOT) else "")
