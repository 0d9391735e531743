resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: 'apim/east'
  properties: {
    url: endpoint
    protocol: 'http'
  }
}
