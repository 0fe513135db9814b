"""A MySQL of our own for the embedded stack, from the image that the Docker stack uses."""

import os
import secrets
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Self

import pymysql
from relevo_cli.env import parse

ROOT = Path(__file__).parents[1]
START_SECONDS = 120
# As in compose.yaml: the pipeline appends with LOAD DATA LOCAL.
OPTIONS = ["--performance-schema=OFF", "--innodb-buffer-pool-size=64M", "--local-infile=ON", "--disable-log-bin"]


class MySql:
    """One server in a container; `raw` and `clean` are databases of it."""

    def __init__(self) -> None:
        settings = {s.name: s.value for s in parse((ROOT / ".env.example").read_text(), ".env.example")}
        self._image = settings["MYSQL_IMAGE"]
        self._name = f"relevo-faults-{secrets.token_hex(4)}"
        self._password = secrets.token_hex(16)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = int(listener.getsockname()[1])

    def available(self) -> str | None:
        """None when it can be started; else why not."""
        try:
            self._docker("image", "inspect", self._image)
        except FileNotFoundError:
            return "there is no docker on this machine"
        except subprocess.CalledProcessError as error:
            return f"docker: {error.stderr.strip().splitlines()[-1]}"
        return None

    def url(self, database: str) -> str:
        return f"mysql+pymysql://root:{self._password}@127.0.0.1:{self._port}/{database}"

    def __enter__(self) -> Self:
        published = f"127.0.0.1:{self._port}:3306"
        self._docker(
            "run", "--detach", "--name", self._name, "--publish", published, "--env", "MYSQL_ROOT_PASSWORD",
            self._image, *OPTIONS,
        )  # fmt: skip
        try:
            self._wait()
            for database in ("raw", "clean"):
                self._ask(f"CREATE DATABASE IF NOT EXISTS `{database}`")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._docker("rm", "--force", "--volumes", self._name)

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self._docker("kill", self._name)

    def start(self) -> None:
        self._docker("start", self._name)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._ask("SELECT 1")
            except pymysql.err.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def _ask(self, statement: str) -> None:
        with closing(
            pymysql.connect(host="127.0.0.1", port=self._port, user="root", password=self._password)
        ) as connection:
            connection.cursor().execute(statement)

    def _docker(self, *arguments: str) -> str:
        # The password goes by the environment: arguments can be read by every process of the machine.
        environment = {**os.environ, "MYSQL_ROOT_PASSWORD": self._password}
        done = subprocess.run(
            ["docker", *arguments], check=True, capture_output=True, text=True, env=environment, timeout=120
        )
        return done.stdout
