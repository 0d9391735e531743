// The openai package of npm through the gateway.
import { AzureOpenAI } from "openai";

const url = process.env.POOLPROOF_URL;
const client = new AzureOpenAI({
  endpoint: url.replace(/\/openai$/, ""),
  apiKey: process.env.POOLPROOF_KEY,
  apiVersion: "2024-02-01",
  maxRetries: 0,
  timeout: 60_000,
});
const messages = [{ role: "user", content: "Say something about gateways." }];
const answer = await client.chat.completions.create({ model: "gpt-4o-mini", messages, max_tokens: 5 });
if (!answer.choices[0].message.content || answer.usage.completion_tokens !== 5) throw new Error("no answer");
console.log("interop: node ok");
let events = 0;
const stream = await client.chat.completions.create({ model: "gpt-4o-mini", messages, max_tokens: 20, stream: true });
for await (const event of stream) events += event.choices.length;
if (events < 3) throw new Error(`only ${events} events`);
console.log("interop: node streaming ok:", events, "events");
