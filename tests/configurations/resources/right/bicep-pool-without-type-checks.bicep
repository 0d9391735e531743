resource apim 'Microsoft.ApiManagement/service@2023-05-01-preview' existing = { name: 'apim' }
resource pool 'Microsoft.ApiManagement/service/backends@2023-05-01-preview' = {
  name: 'pool'
  parent: apim
  properties: {
    description: 'pool of existing backends'
    type: 'Pool'
    pool: {
      services: [
        { id: '${apim.id}/backends/east' }
        { id: '${apim.id}/backends/west' }
      ]
    }
  }
}
