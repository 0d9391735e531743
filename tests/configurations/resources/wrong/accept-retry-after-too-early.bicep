resource east 'Microsoft.ApiManagement/service/backends@2023-05-01-preview' = {
  name: 'apim/east'
  properties: {
    url: 'https://aoai-east.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: { rules: [ { name: 'r', tripDuration: 'PT1M', acceptRetryAfter: true, failureCondition: { count: 1, interval: 'PT1M', errorReasons: [ 'timeout' ], statusCodeRanges: [ { min: 429, max: 429 } ] } } ] }
  }
}
