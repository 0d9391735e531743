param apimName string

resource apim 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: apimName
}

resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: apim
  name: 'east'
  properties: {
    url: 'https://aoai-east.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: {
      rules: [
        {
          name: 'openAIBreakerRule'
          failureCondition: {
            count: 1
            interval: 'PT5M'
            statusCodeRanges: [
              { min: 429, max: 429 }
            ]
            errorReasons: [ 'Server errors' ]
          }
          tripDuration: 'PT1M'
          acceptRetryAfter: true
        }
      ]
    }
  }
}

resource west 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: apim
  name: 'west'
  properties: {
    url: 'https://aoai-west.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: {
      rules: [
        {
          name: 'openAIBreakerRule'
          failureCondition: {
            count: 1
            interval: 'PT5M'
            statusCodeRanges: [ { min: 429, max: 429 } ]
          }
          tripDuration: 'PT1M'
          acceptRetryAfter: true
        }
      ]
    }
  }
}

#disable-next-line BCP035
resource pool 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: apim
  name: 'openai-pool'
  properties: {
    type: 'Pool'
    pool: {
      services: [
        { id: east.id, priority: 1 }
        { id: west.id, priority: 2 }
      ]
    }
  }
}
