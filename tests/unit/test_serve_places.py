"""The addresses that a server prints, and the names that it answers to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from datamake.serve.options import Options
from datamake.serve.places import address, addresses, hosts, known_names, machine_names

V4, V6 = socket.AF_INET, socket.AF_INET6


def options(host: str, *names: str) -> Options:
    return Options("/p", "/p/.datamake/store.sqlite", host=host, names=names)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with two networks, and what else such machines have."""
    entries: dict[str, list[tuple[int, str]]] = {
        "lo": [(V4, "127.0.0.1"), (V6, "::1"), (int(psutil.AF_LINK), "00:00:00:00:00:00")],
        "eth0": [(V4, "192.0.2.2"), (V6, "2001:db8::2"), (V6, "fe80::1%eth0")],
        "wlan0": [(V4, "198.51.100.3")],
        "tap": [(V4, "169.254.7.7"), (V4, "0.0.0.0")],
    }
    found: Any = {
        name: [SimpleNamespace(family=family, address=text) for family, text in rows]
        for name, rows in entries.items()
    }
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: found)
    monkeypatch.setattr(socket, "gethostname", lambda: "Tower")
    monkeypatch.setattr(socket, "getfqdn", lambda: "tower.lab.example")
    machine_names.cache_clear()
    yield
    machine_names.cache_clear()


def test_of_all_addresses_those_that_others_can_type_are_told(machine: None) -> None:
    four = ["127.0.0.1", "192.0.2.2", "198.51.100.3"]
    assert hosts(options("0.0.0.0")) == [*four, "tower", "tower.lab.example"]
    assert hosts(options("::", "builds.example")) == [
        *("127.0.0.1", "192.0.2.2", "2001:db8::2", "198.51.100.3"),
        *("tower", "tower.lab.example", "builds.example"),
    ]
    assert addresses(options("::"), 9)[2] == "http://[2001:db8::2]:9/"


@pytest.mark.parametrize("name", ["localhost", "localhost.localdomain", "1.0.0.ip6.arpa", "::1"])
def test_what_is_no_name_of_the_machine_is_not_told(
    machine: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda: name)
    machine_names.cache_clear()
    assert hosts(options("0.0.0.0"))[-1] == "tower"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "192.0.2.2", "tower.lab.example"])
def test_one_host_is_told_as_it_was_given(machine: None, host: str) -> None:
    assert addresses(options(host), 8082) == [f"http://{host}:8082/"]


def test_what_is_told_is_known_and_no_more(machine: None) -> None:
    here = {"127.0.0.1", "localhost", "::1"}
    assert known_names(options("127.0.0.1")) == here
    assert known_names(options("192.0.2.2", "Builds.Example.")) == {
        *here,
        "192.0.2.2",
        "builds.example",
    }
    assert known_names(options("0.0.0.0")) == {*here, *hosts(options("0.0.0.0"))}


def test_an_address_of_the_sixth_version_stands_in_brackets() -> None:
    assert address("::1", 8082) == "http://[::1]:8082/"
