"""The openai package of Python through the gateway: every request is answered while the first region is exhausted."""

import asyncio
import os

from openai import AsyncAzureOpenAI, AzureOpenAI, OpenAI

URL = os.environ["POOLPROOF_URL"]
KEY = os.environ["POOLPROOF_KEY"]
VERSION = "2024-02-01"
MODEL = "gpt-4o-mini"
ASK = [{"role": "user", "content": "Say something about gateways, and take your time."}]

azure = AzureOpenAI(
    azure_endpoint=URL.removesuffix("/openai"), api_key=KEY, api_version=VERSION, max_retries=0, timeout=60
)

# Enough to use up the first region.
backends = []
for _ in range(12):
    raw = azure.chat.completions.with_raw_response.create(model=MODEL, messages=ASK, max_tokens=200)
    answer = raw.parse()
    assert answer.choices[0].message.content and answer.usage.total_tokens > 0
    backends.append(raw.headers["x-poolproof-backend"])
assert backends[0] == "openai-eastus", backends
assert len(set(backends)) > 1, backends
print("interop: python sync ok:", ", ".join(f"{b} {backends.count(b)}" for b in sorted(set(backends))))

chunks = 0
text = ""
for event in azure.chat.completions.create(model=MODEL, messages=ASK, max_tokens=20, stream=True):
    chunks += 1
    if event.choices and event.choices[0].delta.content:
        text += event.choices[0].delta.content
assert chunks > 3 and text, (chunks, text)
print("interop: python streaming ok:", chunks, "events")

plain = OpenAI(base_url=f"{URL}/v1", api_key="unused", default_headers={"api-key": KEY}, max_retries=0, timeout=60)
answer = plain.chat.completions.create(model=MODEL, messages=ASK, max_tokens=5)
assert answer.choices[0].finish_reason == "length", answer
print("interop: python /openai/v1 ok")


async def many() -> None:
    client = AsyncAzureOpenAI(
        azure_endpoint=URL.removesuffix("/openai"), api_key=KEY, api_version=VERSION, max_retries=2, timeout=60
    )
    ask = lambda: client.chat.completions.create(model=MODEL, messages=ASK, max_tokens=5)
    answers = await asyncio.gather(*(ask() for _ in range(10)))
    assert all(answer.choices[0].message.content for answer in answers)


asyncio.run(many())
print("interop: python async ok")

try:
    AzureOpenAI(
        azure_endpoint=URL.removesuffix("/openai"), api_key="wrong", api_version=VERSION, max_retries=0
    ).chat.completions.create(model=MODEL, messages=ASK)
except Exception as error:  # noqa: BLE001
    assert getattr(error, "status_code", None) == 401, error
else:
    raise AssertionError("a wrong key was let in")
print("interop: python wrong key ok")
