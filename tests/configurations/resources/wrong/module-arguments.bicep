targetScope = 'subscription'
param serviceShort string = 'apismax'
module testDeployment '../../../main.bicep' = {
  name: 'dep'
  params: {
    name: 'n${serviceShort}'
    publisherEmail: 'a@b.c'
    publisherName: 'x'
    backends: [
      {
        name: 'backend'
        tls: { validateCertificateChain: false, validateCertificateName: false }
        url: 'https://echoapi.cloudapp.net/api'
        circuitBreaker: {
          rules: [
            {
              failureCondition: {
                count: 1
                errorReasons: [ 'ClientConnectionFailure', 'OperationNotFound' ]
                interval: 'PT1H'
                statusCodeRanges: [ { min: 400, max: 499 }, { min: 500, max: 599 } ]
              }
              name: 'rule1'
              tripDuration: 'PT1H'
            }
          ]
        }
      }
    ]
  }
}
