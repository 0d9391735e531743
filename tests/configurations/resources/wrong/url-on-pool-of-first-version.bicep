resource apim 'Microsoft.ApiManagement/service@2023-05-01-preview' existing = { name: 'apim' }
resource pool 'Microsoft.ApiManagement/service/backends@2023-05-01-preview' = {
  parent: apim
  name: 'lb'
  properties: {
    description: 'pool'
    type: 'Pool'
    protocol: 'http'
    url: 'http://does-not-matter'
    pool: { services: [ { id: '/subscriptions/x/resourceGroups/y/providers/Microsoft.ApiManagement/service/z/backends/b1' } ] }
  }
}
