param withBreaker bool = true
param apimName string = 'apim'

var rules = withBreaker ? [
  {
    name: 'r'
    tripDuration: 'PT1M'
    acceptRetryAfter: true
    failureCondition: {
      count: 1
      interval: 'PT1M'
      statusCodeRanges: [ { min: 429, max: 429 }, { min: 500, max: 599 } ]
    }
  }
] : []

resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: '${apimName}/east'
  properties: {
    url: 'https://aoai-east.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: union({ rules: rules }, {})
  }
}
