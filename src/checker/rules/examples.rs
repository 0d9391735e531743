//! Files that the examples of several rules share.

/// Two endpoints with breakers, and a pool of them in two priorities.
pub(super) const EAST_AND_WEST: &str = r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/chat-pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east", "priority": 1 },
    { "id": "/backends/west", "priority": 2 } ] } } }
]
"#;

/// A policy that sends to the pool, with one retry.
pub(super) const TO_THE_POOL: &str = r#"<policies>
  <inbound><base /><set-backend-service backend-id="chat-pool" /></inbound>
  <backend>
    <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="1" interval="0">
      <forward-request timeout="60" buffer-request-body="true" buffer-response="false" />
    </retry>
  </backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#;
