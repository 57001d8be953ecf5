"""The servers that are compared. Each is started on a free port of 127.0.0.1 and stopped by its own process."""

import json
import os
import socket
import subprocess
import time
import urllib.request
from itertools import starmap
from pathlib import Path
from urllib.parse import quote

from machine import VENV, WORK, NotRun, last_line, memory_mib, need_crate, need_modules, need_packages, stop

# machine says where it is.
from cluster import Cluster, free_port


class Program:
    """A program that says where it listens once it is ready, as innospace and bare.rs do; ready when constructed."""

    def __init__(self, *command):
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.seconds = time.perf_counter() - began
        if "listening on " not in line:
            stop(self.process)
            raise SystemExit(f"it did not start: {' '.join(map(str, command))}")
        self.address = line.split()[-1]
        self.peak_mib, self.rest_mib = memory_mib(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop(self.process)


class Service(Program):
    """innospace over a folder."""

    def __init__(self, program, folder, *options):
        super().__init__(
            program, "serve", "--data", folder, "--listen", "127.0.0.1:0", "--log", "off", "--drawings", "off", *options
        )


class Worker:
    """A program that answers jobs, as peer.py and windows.rs do, or grouped.py and grouped.rs."""

    def __init__(self, *command):
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        self.seconds = time.perf_counter() - began
        if ready != "ready\n":
            stop(self.process)
            raise NotRun("it ended before it was ready")
        self.peak_mib, self.rest_mib = memory_mib(self.process.pid)

    def ask(self, job):
        """What it answers: two lists, one of them of nanoseconds taken."""
        print(job, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise NotRun("it ended before it had counted everything")
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop(self.process)


def peer(script, kind, *source):
    """A worker of peer.py or grouped.py."""
    need_modules("psycopg[binary]", "pyarrow", "pyogrio", "shapely")
    if kind == "sedonadb":
        need_modules("sedonadb", "pyproj")  # it warns without PROJ
    return Worker(VENV / "bin/python", Path(__file__).with_name(script), kind, *source)


class Database(Cluster):
    """A cluster with room for a million features."""

    PACKAGES = ("postgresql-15", "postgresql-15-postgis-3", "gdal-bin")

    def __init__(self):
        super().__init__(
            shared_buffers="1GB",
            work_mem="128MB",
            maintenance_work_mem="512MB",
            effective_cache_size="4GB",
            random_page_cost=1.1,
            max_wal_size="8GB",
        )

    def __enter__(self):
        need_packages(*self.PACKAGES)
        return super().__enter__()

    def load(self, path, table="parcels"):
        """Seconds from the file to an indexed table."""
        self.sql(f"drop table if exists {table}")
        command = [
            "ogr2ogr",
            "-f",
            "PostgreSQL",
            f"PG:{self.connection}",
            path,
            "-nln",
            table,
            "-unsetFid",
            "-lco",
            "GEOMETRY_NAME=geom",
            "-lco",
            "FID=gid",
            "-lco",
            "SPATIAL_INDEX=GIST",
        ]
        began = time.perf_counter()
        done = subprocess.run(command, env=os.environ | {"PG_USE_COPY": "YES"}, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        if done.returncode != 0:
            raise NotRun(f"ogr2ogr could not load the {table}: {last_line(done.stderr)}")
        self.sql(f"vacuum (analyze) {table}")
        return seconds


# Programs that are no servers here.
SHAPELY, POSTGIS, SEDONADB = "shapely", "PostGIS", "SedonaDB"

# What a filter asks for.
CONDITIONS = (("land_use", "R2"), ("status", "idle"))
FILTER = " AND ".join(starmap("{} = '{}'".format, CONDITIONS))


class Peer:
    """Processes that listen at an address."""

    filtered = property(lambda self: f"{self.path}&filter={quote(FILTER)}")

    def __enter__(self):
        return wait_until_up(self)

    def __exit__(self, *_):
        for process in self.processes:
            stop(process)


class MapServer(Peer):
    """MapServer over the database: FastCGI processes, one a core, behind nginx."""

    name = "MapServer"
    filtered = property(
        lambda self: WFS + quote(FES.format(WINDOW + "".join(starmap(EQUAL.format, CONDITIONS))), safe="{}")
    )
    path = "/parcels/ogcapi/collections/parcels/items?bbox={0},{1},{2},{3}&limit=100&f=json"
    tile = "/?map=parcels&mode=tile&tilemode=gmap&layers=parcels&map.imagetype=mvt&tile={x}+{y}+{z}"

    def __init__(self, database):
        need_packages("cgi-mapserver", "nginx-light")
        folder = WORK / "mapserver"
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.processes = []
        map_file, config = folder / "parcels.map", folder / "mapserver.conf"
        map_file.write_text(MAP.format(connection=database.connection, address=self.address))
        config.write_text(
            f'CONFIG ENV OGCAPI_HTML_TEMPLATE_DIRECTORY "{TEMPLATES}" END MAPS parcels "{map_file}" END END'
        )
        # A FastCGI program takes its connections from the socket it finds as its standard input.
        with socket.create_server(("127.0.0.1", 0), backlog=64) as door:
            (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, gate=door.getsockname()[1]))
            environment = os.environ | {"MAPSERVER_CONFIG_FILE": str(config)}
            for _ in range(os.cpu_count()):
                self.processes.append(subprocess.Popen(["/usr/lib/cgi-bin/mapserv"], stdin=door, env=environment))
        self.processes.append(
            subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-e", "error.log", "-c", "nginx.conf"])
        )


TEMPLATES = "/usr/share/mapserver/ogcapi/templates/html-plain/"

# Its WFS has filters, its OGC API has none.
WFS = "/?map=parcels&service=WFS&version=2.0.0&request=GetFeature&typenames=parcels&count=100&outputformat=geojson&filter="
WINDOW = """<BBOX><ValueReference>geom</ValueReference><gml:Envelope srsName="http://www.opengis.net/def/crs/OGC/1.3/CRS84">\
<gml:lowerCorner>{0} {1}</gml:lowerCorner><gml:upperCorner>{2} {3}</gml:upperCorner></gml:Envelope></BBOX>"""
EQUAL = "<PropertyIsEqualTo><ValueReference>{}</ValueReference><Literal>{}</Literal></PropertyIsEqualTo>"
FES = '<Filter xmlns="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"><And>{}</And></Filter>'

MAP = """
MAP
  NAME "parcels" EXTENT 113.5 30 114.5 31 SIZE 256 256
  PROJECTION "init=epsg:4326" END
  WEB METADATA
    "ows_enable_request" "*" "ows_srs" "EPSG:4326" "oga_onlineresource" "{address}/parcels/ogcapi"
  END END
  OUTPUTFORMAT
    NAME "geojson" DRIVER "OGR/GEOJSON" MIMETYPE "application/geo+json" FORMATOPTION "STORAGE=memory" FORMATOPTION "FORM=simple"
  END
  OUTPUTFORMAT
    NAME "mvt" DRIVER "MVT" FORMATOPTION "EXTENT=4096" FORMATOPTION "EDGE_BUFFER=64"
  END
  LAYER
    NAME "parcels" TYPE POLYGON STATUS ON TEMPLATE "none"
    CONNECTIONTYPE POSTGIS CONNECTION "{connection}" PROCESSING "CLOSE_CONNECTION=DEFER"
    DATA "geom FROM parcels USING UNIQUE gid USING SRID=4326"
    PROJECTION "init=epsg:4326" END
    METADATA
      "ows_title" "parcels" "oga_title" "parcels" "wfs_getfeature_formatlist" "geojson"
      "gml_include_items" "all" "gml_featureid" "gid"
    END
    CLASS STYLE COLOR 0 0 0 END END
  END
END
"""

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; fastcgi_temp_path {folder}/t2; proxy_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_NAME ""; fastcgi_param PATH_INFO $uri;
      fastcgi_pass 127.0.0.1:{gate}; fastcgi_buffers 64 64k; fastcgi_read_timeout 300;
    }}
  }}
}}
"""


class Tipg(Peer):
    """tipg over the database: a worker a core."""

    name = "tipg"
    path = "/collections/public.parcels/items?bbox={0},{1},{2},{3}&limit=100"
    tile = "/collections/public.parcels/tiles/WebMercatorQuad/{z}/{x}/{y}"

    def __init__(self, database):
        need_modules("tipg", "uvicorn", "uvloop", "httptools")
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        url = f"postgresql://owner@127.0.0.1:{database.port}/postgres"
        command = [VENV / "bin/uvicorn", "tipg.main:app", "--workers", str(os.cpu_count()), "--port", str(port)]
        whole = {"TIPG_TILE_BUFFER": "64", "TIPG_MAX_FEATURES_PER_TILE": "10000000"}
        environment = os.environ | whole | {"DATABASE_URL": url}
        self.processes = [subprocess.Popen([*command, "--log-level", "error"], env=environment)]


class PyGeoApi(Peer):
    """pygeoapi over the database: a worker a core."""

    name = "pygeoapi"
    path = "/collections/parcels/items?bbox={0},{1},{2},{3}&limit=100&f=json"

    def __init__(self, database):
        need_modules("pygeoapi", "gunicorn", "psycopg2-binary", "geoalchemy2")
        folder, port = WORK / "pygeoapi", free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.address = f"http://127.0.0.1:{port}"
        config, definition, none = folder / "config.json", folder / "openapi.json", {"url": self.address}
        where = {"host": "127.0.0.1", "port": database.port, "dbname": "postgres", "user": "owner", "password": "none"}
        provider = {"type": "feature", "name": "PostgreSQL", "data": where | {"search_path": ["public"]}}
        parcels = {
            "type": "collection",
            "title": "parcels",
            "description": "parcels",
            "keywords": ["parcels"],
            "links": [],
            "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
            "providers": [provider | {"id_field": "gid", "table": "parcels", "geom_field": "geom"}],
        }
        told = {"title": "bench", "description": "bench", "keywords": ["bench"], "terms_of_service": "none", **none}
        settings = {
            "server": {
                "bind": {"host": "127.0.0.1", "port": port},
                "mimetype": "application/json; charset=UTF-8",
                "encoding": "utf-8",
                "languages": ["en-US"],
                "limits": {"default_items": 100, "max_items": 10000},
                "map": {"url": "none", "attribution": "none"},
                **none,
            },
            "logging": {"level": "ERROR"},
            "metadata": {
                "identification": told,
                "license": {"name": "none", **none},
                "provider": {"name": "none", **none},
                "contact": {"name": "none"},
            },
            "resources": {"parcels": parcels},
        }
        config.write_text(json.dumps(settings))  # JSON is YAML
        environment = os.environ | {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(definition)}
        generate = [VENV / "bin/pygeoapi", "openapi", "generate", config, "--output-file", definition]
        made = subprocess.run(generate, env=environment, capture_output=True, text=True)
        if made.returncode != 0:
            raise NotRun(f"it could not be set up: {last_line(made.stderr)}")
        command = [VENV / "bin/gunicorn", "--workers", str(os.cpu_count()), "--bind", f"127.0.0.1:{port}"]
        command += ["--log-level", "error", "pygeoapi.flask_app:APP"]
        self.processes = [subprocess.Popen(command, env=environment)]


class Martin(Peer):
    """Martin over the database, without its cache."""

    name = "Martin"
    tile = "/parcels/{z}/{x}/{y}"

    def __init__(self, database):
        url = f"postgres://owner@127.0.0.1:{database.port}/postgres"
        tables = {"from_schemas": "public", "id_columns": "gid", "extent": 4096, "buffer": 64, "clip_geom": True}
        self.start(postgres={"connection_string": url, "pool_size": 8, "auto_publish": {"tables": tables}})

    def start(self, **source):
        program = need_crate("martin", "1.14.0", "postgres", "geojson", "mbtiles")
        config, port = WORK / "martin.json", free_port()
        self.address = f"http://127.0.0.1:{port}"
        # JSON is YAML.
        settings = {"listen_addresses": f"127.0.0.1:{port}", "worker_processes": os.cpu_count(), "cache_size_mb": 0}
        config.write_text(json.dumps(settings | source))
        environment, self.began = os.environ | {"RUST_LOG": "error"}, time.perf_counter()
        self.processes = [subprocess.Popen([program, "--config", config], env=environment)]


class MartinFile(Martin):
    """Martin over a GeoJSON file, which it reads before it listens."""

    def __init__(self, file):
        self.start(geojson={"extent": 4096, "buffer": 64, "sources": {"parcels": str(file)}})

    def __enter__(self):
        super().__enter__()
        self.seconds = time.perf_counter() - self.began
        self.peak_mib, self.rest_mib = memory_mib(self.processes[0].pid)
        return self


def wait_until_up(server, seconds=60):
    """Waits until a server answers anything at all."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if any(process.poll() is not None for process in server.processes):
            break
        try:
            urllib.request.urlopen(server.address, timeout=5).close()
            return server
        except urllib.error.HTTPError:
            return server
        except OSError:
            time.sleep(0.2)
    server.__exit__()
    raise NotRun(f"{server.name} did not answer within {seconds} seconds")
