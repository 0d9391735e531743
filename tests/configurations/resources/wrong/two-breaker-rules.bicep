resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: 'apim/east'
  properties: {
    url: 'https://aoai-east.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: {
      rules: [
        { name: 'throttled', tripDuration: 'PT1M', acceptRetryAfter: true, failureCondition: { count: 1, interval: 'PT1M', statusCodeRanges: [ { min: 429, max: 429 } ] } }
        { name: 'failed', tripDuration: 'PT5M', failureCondition: { count: 3, interval: 'PT1M', statusCodeRanges: [ { min: 500, max: 599 } ] } }
      ]
    }
  }
}
