metadata name = 'API Management Service Backends'
@description('Conditional.')
param apiManagementServiceName string
param name string
param circuitBreaker resourceInput<'Microsoft.ApiManagement/service/backends@2024-05-01'>.properties.circuitBreaker?
param pool resourceInput<'Microsoft.ApiManagement/service/backends@2024-05-01'>.properties.pool?
param protocol string = 'http'
param tls object = { validateCertificateChain: true, validateCertificateName: true }
@allowed(['Pool', 'Single'])
param type string = 'Single'
param url string?
resource service 'Microsoft.ApiManagement/service@2024-05-01' existing = { name: apiManagementServiceName }
resource backend 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: name
  parent: service
  properties: {
    circuitBreaker: type != 'Pool' ? circuitBreaker : null
    pool: type == 'Pool' ? pool : null
    protocol: type != 'Pool' ? protocol : null
    tls: type != 'Pool' ? tls : null
    type: type
    #disable-next-line BCP321
    url: type != 'Pool' ? url! : null
  }
}
output resourceId string = backend.id
