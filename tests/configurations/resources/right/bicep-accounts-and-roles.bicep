param location string = resourceGroup().location
param apimName string

resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'aoai-east'
  location: location
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: { customSubDomainName: 'aoai-east' }
}

resource deployment 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = {
  parent: account
  name: 'gpt-4o-mini'
  sku: { name: 'Standard', capacity: 8 }
  properties: { model: { format: 'OpenAI', name: 'gpt-4o-mini', version: '2024-07-18' } }
}

resource apim 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: apimName
  location: location
  sku: { name: 'BasicV2', capacity: 1 }
  identity: { type: 'SystemAssigned' }
  properties: { publisherEmail: 'ai@example.com', publisherName: 'ai' }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, apimName)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'a97b65f3-24c7-4388-baec-2e87135dc908')
    principalId: apim.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: apim
  name: 'east'
  properties: {
    url: '${account.properties.endpoint}openai'
    protocol: 'http'
    circuitBreaker: {
      rules: [ {
        name: 'r'
        tripDuration: 'PT1M'
        acceptRetryAfter: true
        failureCondition: { count: 1, interval: 'PT1M', statusCodeRanges: [ { min: 429, max: 429 } ] }
      } ]
    }
  }
}

resource policy 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  name: '${apimName}/chat/policy'
  properties: {
    format: 'rawxml'
    value: '''
<policies>
  <inbound>
    <base />
    <authentication-managed-identity resource="https://cognitiveservices.azure.com" />
    <set-header name="api-key" exists-action="delete" />
    <set-backend-service backend-id="east" />
  </inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
'''
  }
}
