resource pool 'Microsoft.ApiManagement/service/backends@2023-09-01-preview' = {
  name: 'apim/pool'
  properties: {
    type: 'Pool'
    url: 'https://does-not-matter'
    protocol: 'http'
    pool: { services: [ { id: '/backends/east' }, { id: '/backends/west' } ] }
  }
}
