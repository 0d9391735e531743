//! An account gives the gateway no role.

use crate::diagnostics::Severity;
use crate::resources::Kind;
use crate::rules::account_of;
use crate::rules::sites::literal;
use crate::rules::together::pools::pool_of;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1215",
    name: "missing-role-assignment",
    severity: Severity::Warning,
    summary: "an account behind a pool has no role assignment, and others have one",
    why: "The policy sends a token of the managed identity of the gateway. An account on which the identity has no role answers 401 to every request; that trips no breaker as a rule, so a fixed share of the requests fails.",
    fix: "assign the role Cognitive Services OpenAI User on this account too",
    source: "Authenticate with managed identity to Azure OpenAI; published walkthrough: one account without the role gives 401 on every third call",
    applies: "all tiers; where accounts and role assignments are among the inputs",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><authentication-managed-identity resource="https://cognitiveservices.azure.com" /><set-backend-service backend-id="pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "main.json",
            r#"[
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "east", "kind": "OpenAI",
  "properties": { "customSubDomainName": "east" } },
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "west", "kind": "OpenAI",
  "properties": { "customSubDomainName": "west" } },
{ "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "00000000-0000-0000-0000-000000000001",
  "scope": "Microsoft.CognitiveServices/accounts/east",
  "properties": { "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "principalId": "11111111-1111-1111-1111-111111111111" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" },
    { "id": "/backends/west" } ] } } }
]
"#,
        ),
    ])],
    good: &[
        Example(&[
            (
                "policy.xml",
                r#"<policies>
  <inbound><base /><authentication-managed-identity resource="https://cognitiveservices.azure.com" /><set-backend-service backend-id="pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
            ),
            (
                "main.json",
                r#"[
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "east", "kind": "OpenAI",
  "properties": { "customSubDomainName": "east" } },
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "west", "kind": "OpenAI",
  "properties": { "customSubDomainName": "west" } },
{ "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "00000000-0000-0000-0000-000000000001",
  "scope": "Microsoft.CognitiveServices/accounts/east",
  "properties": { "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "principalId": "11111111-1111-1111-1111-111111111111" } },
{ "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "00000000-0000-0000-0000-000000000002",
  "scope": "Microsoft.CognitiveServices/accounts/west",
  "properties": { "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "principalId": "11111111-1111-1111-1111-111111111111" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" },
    { "id": "/backends/west" } ] } } }
]
"#,
            ),
        ]),
        Example(&[
            (
                "policy.xml",
                r#"<policies>
  <inbound><base /><authentication-managed-identity resource="https://cognitiveservices.azure.com" /><set-backend-service backend-id="pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
            ),
            (
                "main.json",
                r#"[
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "east", "kind": "OpenAI",
  "properties": { "customSubDomainName": "east" } },
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "west", "kind": "OpenAI",
  "properties": { "customSubDomainName": "west" } },
{ "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "00000000-0000-0000-0000-000000000001",
  "scope": "/subscriptions/s/resourceGroups/rg",
  "properties": { "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "principalId": "11111111-1111-1111-1111-111111111111" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" },
    { "id": "/backends/west" } ] } } }
]
"#,
            ),
        ]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    if setup.is_partial() {
        return;
    }
    // An assignment whose scope is not a known account may be one for all.
    let scopes: Option<Vec<String>> = setup.inventory.of(Kind::RoleAssignment).map(account_in).collect();
    let Some(scopes) = scopes.filter(|scopes| !scopes.is_empty()) else { return };
    for sites in report.files() {
        let Some(pool) = pool_of(setup, sites) else { continue };
        let token = sites.named("authentication-managed-identity").find(|token| {
            literal(token.element, "resource")
                .is_some_and(|text| text.contains("cognitiveservices.azure.com"))
        });
        let Some(token) = token else { continue };
        for member in &pool.members {
            let Some(target) = member.name.as_deref().and_then(|name| setup.backend(name)) else { continue };
            let Some(account) = account_of(setup, target).filter(|account| !account.is_reference) else {
                continue;
            };
            let Some(name) = account.name.as_deref() else { continue };
            let has_own = target.single().is_some_and(|single| !single.credentials.is_absent());
            if has_own || scopes.iter().any(|scope| scope.eq_ignore_ascii_case(name)) {
                continue;
            }
            report
                .add(account.name_span, format!("no role is assigned on the account `{name}`"))
                .label("answers 401 to the token of the gateway")
                .place(token.element.name_span, "sends the token");
        }
    }
}

/// The account that a role assignment is for.
fn account_in(assignment: &crate::resources::Found) -> Option<String> {
    let scope = assignment.node.get("scope")?.text()?;
    let (_, name) = scope
        .to_ascii_lowercase()
        .split_once("microsoft.cognitiveservices/accounts/")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    (!name.contains(['/', '{'])).then_some(name)
}
