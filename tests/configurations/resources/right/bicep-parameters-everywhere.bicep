param url string
param count int = 3
resource b 'Microsoft.ApiManagement/service/backends@2023-09-01-preview' = {
  name: 'a/b'
  properties: {
    url: '${url}/openai'
    protocol: 'http'
    type: 'Single'
    circuitBreaker: {
      rules: [
        {
          name: 'r'
          failureCondition: {
            count: count
            interval: 'PT${count}S'
            statusCodeRanges: union([ { min: 429, max: 429 } ], [])
          }
          tripDuration: 'PT10S'
          acceptRetryAfter: true
        }
      ]
    }
  }
}
resource nv 'Microsoft.ApiManagement/service/namedValues@2023-09-01-preview' = { name: 'a/c', properties: { displayName: 'x', value: 'y' } }
