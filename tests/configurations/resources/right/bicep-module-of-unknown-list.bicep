param apimServiceName string
param config array

resource apim 'Microsoft.ApiManagement/service@2024-06-01-preview' existing = {
  name: apimServiceName
}

resource backend 'Microsoft.ApiManagement/service/backends@2024-06-01-preview' = [for (item, index) in config: {
  name: item.name
  parent: apim
  properties: {
    description: 'model ${index}'
    url: '${item.endpoint}openai'
    protocol: 'http'
    circuitBreaker: {
      rules: [
        {
          failureCondition: {
            count: contains(item, 'count') ? item.count : 1
            interval: item.?interval ?? 'PT1M'
            statusCodeRanges: [ { min: 429, max: 429 } ]
          }
          name: 'breaker'
          tripDuration: 'PT1M'
          acceptRetryAfter: true
        }
      ]
    }
    credentials: {
      #disable-next-line BCP037
      managedIdentity: {
        resource: 'https://cognitiveservices.azure.com'
      }
    }
  }
}]

resource pool 'Microsoft.ApiManagement/service/backends@2024-06-01-preview' = if (length(config) > 1) {
  name: 'inference-backend-pool'
  parent: apim
  properties: {
    type: 'Pool'
    pool: {
      services: [for (item, index) in config: {
        id: '/backends/${backend[index].name}'
        priority: item.?priority
        weight: item.?weight
      }]
    }
  }
}
