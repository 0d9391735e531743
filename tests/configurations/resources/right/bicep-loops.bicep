@description('Names of the accounts')
param backendNames array = [ 'east', 'west', 'sweden' ]
param apimName string

var urls = {
  east: 'https://aoai-east.openai.azure.com/openai'
  west: 'https://aoai-west.openai.azure.com/openai'
  sweden: 'https://aoai-sweden.openai.azure.com/openai'
}

resource apim 'Microsoft.ApiManagement/service@2023-09-01-preview' existing = {
  name: apimName
}

resource backends 'Microsoft.ApiManagement/service/backends@2023-09-01-preview' = [for name in backendNames: {
  name: name
  parent: apim
  properties: {
    protocol: 'http'
    url: urls[name]
    circuitBreaker: {
      rules: [
        {
          failureCondition: {
            count: 3
            errorReasons: [
              'Server errors'
            ]
            interval: 'PT5M'
            statusCodeRanges: [
              {
                min: 429
                max: 429
              }
            ]
          }
          name: 'openAIBreakerRule'
          tripDuration: 'PT1M'
          acceptRetryAfter: true
        }
      ]
    }
  }
}]

resource pool 'Microsoft.ApiManagement/service/backends@2023-09-01-preview' = if (length(backendNames) > 1) {
  name: 'openai-backend-pool'
  parent: apim
  #disable-next-line BCP035 //suppress warning
  properties: {
    description: 'Load balancer for multiple endpoints'
    type: 'Pool'
    pool: {
      services: [for (name, i) in backendNames: {
        id: '/backends/${name}'
        priority: 1
        weight: 1
      }]
    }
  }
  dependsOn: [
    backends
  ]
}
