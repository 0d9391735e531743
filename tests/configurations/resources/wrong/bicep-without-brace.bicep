resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: 'apim/east'
  properties: {
    url: 'https://aoai-east.openai.azure.com/openai'
