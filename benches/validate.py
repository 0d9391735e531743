#!/usr/bin/env python3
"""How long `poolproof validate` takes as a whole process, beside `nginx -t` and `haproxy -c`.

All check a configuration of five backends; that of poolproof has a policy of 300 lines besides. Rounds are
interleaved, medians and ratios are told. Peers that are not installed are left out (Debian: `apt-get install
nginx-light haproxy`). Then a folder of 1,000 policies. Writes to a temporary folder only.

usage: benches/validate.py target/release/poolproof [ROUNDS]
"""

import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BLOCK = """        <!-- route {n}: what goes where -- and why -->
        <choose>
            <when condition="@(context.Request.Headers.GetValueOrDefault("x-route-{n}", "none") == "on" \
&& context.Variables.GetValueOrDefault<int>("limit-{n}", 3) < 7)">
                <set-variable name="limit-{n}" \
value="@(context.Variables.GetValueOrDefault<int>("limit-{n}", 3) + 1)" />
                <set-header name="x-limit" exists-action="override">
                    <value>@($"{n}-{{context.RequestId}}")</value>
                </set-header>
                <set-backend-service backend-id="openai-pool" />
            </when>
            <otherwise>
                <set-variable name="picked-{n}" value="@{{
                    var list = new JArray() {{ "a", "b", "c" }};
                    return list.Where(item => (string)item != "b").Select(item => (string)item).First();
                }}" />
            </otherwise>
        </choose>
"""


def policy(blocks, lines):
    text = "<policies>\n    <inbound>\n        <base />\n"
    text += "".join(BLOCK.format(n=n) for n in range(blocks))
    text += """        <set-backend-service backend-id="openai-pool" />
    </inbound>
    <backend>
        <retry count="2" interval="0" first-fast-retry="true" condition="@(context.Response == null || \
context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"""
    return text + "<!-- end -->\n" * max(0, lines - text.count("\n"))


def bicep():
    text = "param apimName string\n\nresource apim 'Microsoft.ApiManagement/service@2024-05-01' existing = "
    text += "{\n  name: apimName\n}\n"
    for n in range(5):
        text += f"""
resource backend{n} 'Microsoft.ApiManagement/service/backends@2024-05-01' = {{
  parent: apim
  name: 'openai-{n}'
  properties: {{
    url: 'https://openai-{n}.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: {{
      rules: [
        {{
          name: 'throttled'
          tripDuration: 'PT1M'
          acceptRetryAfter: true
          failureCondition: {{
            count: 1
            interval: 'PT1M'
            statusCodeRanges: [
              {{ min: 429, max: 429 }}
              {{ min: 500, max: 599 }}
            ]
          }}
        }}
      ]
    }}
  }}
}}
"""
    members = "".join(f"        {{ id: backend{n}.id, priority: {1 if n < 2 else 2} }}\n" for n in range(5))
    return text + f"""
resource pool 'Microsoft.ApiManagement/service/backends@2024-05-01' = {{
  parent: apim
  name: 'openai-pool'
  properties: {{
    type: 'Pool'
    pool: {{
      services: [
{members}      ]
    }}
  }}
}}
"""


def nginx(folder):
    servers = "".join(f"        server 127.0.0.1:{9000 + n};\n" for n in range(5))
    path = folder / "nginx.conf"
    path.write_text(f"""pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    upstream pool {{
{servers}    }}
    server {{
        listen 127.0.0.1:8999;
        location / {{ proxy_pass http://pool; }}
    }}
}}
""")
    return ["nginx", "-t", "-q", "-c", str(path)]


def haproxy(folder):
    servers = "".join(f"    server s{n} 127.0.0.1:{9000 + n} check\n" for n in range(5))
    path = folder / "haproxy.cfg"
    path.write_text(f"""defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend front
    bind 127.0.0.1:8999
    default_backend pool
backend pool
    balance roundrobin
{servers}""")
    return ["haproxy", "-c", "-q", "-f", str(path)]


def took_ms(command):
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    took = (time.perf_counter() - start) * 1000
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return took


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = str(pathlib.Path(sys.argv[1]).resolve())
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "policy.xml").write_text(policy(16, 300))
        (folder / "backends.bicep").write_text(bicep())
        many = folder / "many"
        many.mkdir()
        for n in range(1000):
            (many / f"policy-{n:04}.xml").write_text(policy(n % 8, 0))
        files = [str(folder / "policy.xml"), str(folder / "backends.bicep")]
        commands = {"poolproof validate": [program, "validate", *files], "true": ["true"]}
        for tool, command in [("nginx", nginx(folder)), ("haproxy", haproxy(folder))]:
            if shutil.which(tool):
                commands[f"{tool} {command[1]}"] = command
        times = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                times[name].append(took_ms(command))
        own = statistics.median(times["poolproof validate"])
        for name, all_ms in times.items():
            median = statistics.median(all_ms)
            print(f"{name:20} {median:6.1f} ms (least {min(all_ms):.1f}); poolproof / this: {own / median:.2f}")
        folder_ms = statistics.median(took_ms([program, "validate", str(many)]) for _ in range(5))
        print(f"1,000 policies       {folder_ms:6.0f} ms")


main()
