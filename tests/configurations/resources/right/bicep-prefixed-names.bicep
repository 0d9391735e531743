param prefix string
param regions array = [ 'east', 'west' ]
resource apim 'Microsoft.ApiManagement/service@2024-05-01' existing = { name: '${prefix}-apim' }
resource members 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for region in regions: {
  parent: apim
  name: '${prefix}-${region}'
  properties: {
    url: 'https://${prefix}-${region}.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: { rules: [ { name: 'r', tripDuration: 'PT1M', acceptRetryAfter: true, failureCondition: { count: 1, interval: 'PT1M', statusCodeRanges: [ { min: 429, max: 429 } ] } } ] }
  }
}]
resource pool 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: apim
  name: '${prefix}-pool'
  properties: { type: 'Pool', pool: { services: [for (region, i) in regions: { id: members[i].id, priority: i + 1 }] } }
}
