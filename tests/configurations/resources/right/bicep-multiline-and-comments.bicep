/*
  backends of the gateway
*/
targetScope = 'resourceGroup'
@allowed([ 'PT10S', 'PT1M' ])
param trip string = 'PT1M' // how long a member is left alone
@minValue(1)
param failures int = 1
resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: 'apim/east'
  properties: {
    url: 'https://aoai-east.openai.azure.com/openai' // the account
    protocol: 'http'
    title: 'East \'US\''
    circuitBreaker: { rules: [ { name: 'r', tripDuration: trip, acceptRetryAfter: true, failureCondition: { count: failures, interval: 'PT1M', statusCodeRanges: [ { min: 429, max: 429 } ] } } ] }
  }
}
output id string = east.id
