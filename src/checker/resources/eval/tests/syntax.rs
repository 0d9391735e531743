//! Files that are right and use much of the language: nothing may be told of them.

use super::styles::read;

#[track_caller]
fn accepted(path: &str, text: &str) {
    let (_, problems, _) = read(&[(path, text)]);
    assert_eq!(problems, Vec::<String>::new(), "{text}");
}

#[test]
fn right_bicep_is_accepted() {
    accepted(
        "main.bicep",
        r"metadata name = 'API Management Service Backends'
metadata description = '''This module
deploys.'''
targetScope = 'resourceGroup'

@description('Required. Backend Name.')
@minLength(1)
@maxLength(80)
param name string

@sys.description('Conditional. It\'s parent.')
@metadata({
  example: { a: [1, 2] }
})
param apiManagementServiceName string

@allowed([
  'Single'
  'Pool'
])
param type ('Single' | 'Pool') = 'Single'
param other 'a' | 'b' | null
param wide
  | 'a'
  | 'b' = 'a'
param circuitBreaker resourceInput<'Microsoft.ApiManagement/service/backends@2024-05-01'>.properties.circuitBreaker?
param pool object?
param tags { *: string } = {}
param pairs [string, int]?
param list (string | int)[] = []
@secure()
param secret string = newGuid()
@discriminator('kind')
type shape = circle | { kind: 'square', side: int }
@export()
type circle = {
  @description('x')
  kind: 'circle'
  radius: int?
  *: string
}
import * as types from '../types.bicep'
import { a as b, c } from 'common.bicep'
extension microsoftGraphV1
func build(a string, b { x: int }[]?) string => '${a}-${length(b)}'
var empty = {}
var none = []
var lines = [
  'a', 'b'
  'c'

  // a comment
  'd' /* another */
]
#disable-next-line no-hardcoded-env-urls use-recent-api-versions
var url = !empty(name) ? 'https://x' : 'https://y' // end
var long = (name == 'a' &&
  type == 'Single' || contains(lines, 'a'))
var chained = union(
  {
    a: 1
  },
  (type == 'Pool' ? {
    b: 2
  } : {})
)
var called = filter(
  lines,
  line => startsWith(line, 'a')
)
var loaded = loadJsonContent('x.json', '$.a')
var asserted = pool!.services
assert ok = length(lines) == 4

resource service 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: apiManagementServiceName
  scope: resourceGroup('x')
  resource nested 'backends@2024-05-01' existing = { name: 'x' }
}

resource backend 'Microsoft.ApiManagement/service/backends@2024-05-01' = if (!empty(name)) {
  name: name
  parent: service
  properties: {
    ...(type == 'Single' ? { url: url, protocol: 'http' } : {})
    credentials: { header: { 'api-key': [ secret ] } }
    type: type
    circuitBreaker: circuitBreaker
    pool: pool
    title: '${name}: ${types.x} ${b} ${microsoftGraphV1}'
    description: build('a', [ { x: 1 } ])
  }
  dependsOn: [
    service
    service::nested
  ]
}

module other_module 'br/public:avm/res/cognitive-services/account:0.9.1' = [for (item, index) in lines: if (index > 0) {
  name: '${uniqueString(deployment().name)}-${index}'
  scope: resourceGroup()
  params: {
    name: item
    b: true ? 1 : 2
  }
  dependsOn: [backend]
}]

@description('The name.')
output name string = backend.name
output keys object = service.listKeys()
output ids array = [for i in range(0, length(lines)): other_module[i].outputs.id]
@secure()
output both { id: string, name: string } = {
  id: backend.id
  name: backend.name
}
",
    );
    accepted("main.bicep", "");
    accepted("main.bicep", "// nothing\r\n\r\nvar a = {\r\n  b: [\r\n    1\r\n  ]\r\n}\r\n");
    accepted(
        "main.bicepparam",
        "using 'br/public:x:1'\nextends 'base.bicepparam'\nparam a = {\n  b: az.getSecret('x', 'y', 'z')\n}\nvar c = 1\nparam d = externalInput('x')\n",
    );
}

#[test]
fn more_right_bicep_is_accepted() {
    for text in [
        "param a object = { // why\n  b: 1 // c\n  /* d */ e: [ 1, 2, ]\n}\n",
        "var a = {\n  resource: 'https://x'\n  for: 1\n  if: 2\n  in: 3\n  param: 4\n  module: 5\n}\n",
        "var a string = 'x'\nvar b string[] = [ a ]\nvar c = a == 'x' ? { d: 1 } : null\n",
        "func f() string => 'a'\nfunc g(\n  a string\n  b { c: int }\n) object => { x: a }\nvar h = g(f(), { c: 1 }).x\n",
        "type a = 'x' |\n  'y'\ntype b = {\n  c: a?\n}?\ntype d = resourceInput<'Microsoft.Storage/storageAccounts@2023-01-01'>.name\nparam e b = { c: 'x' }\n",
        "module m './x.bicep' = if (true) {\n  name: 'm'\n}\nmodule n 'ts/specs:x:1' = [\n  for (x, i) in [ 1 ]: {\n    name: 'n${i}'\n  }\n]\n",
        "resource a 'Microsoft.X/y@2023-01-01' existing = [for i in range(0, 2): {\n  name: 'a${i}'\n}]\noutput o array = [for i in range(0, 2): a[i].id]\n",
        "var a = 'it''s'\n",
        "var long = '${'a'}' =~ 'A' ? (\n  1\n) : -1\nvar m = [\n  -1\n  !true\n]\n",
        "#disable-diagnostics no-unused-vars\nvar a = 1\n#restore-diagnostics no-unused-vars\n@export()\nvar b = [for x in [1]: x]\n",
        "var a = reduce([1, 2], 0, (cur, next) => cur + next)\nvar b = items({ a: 1 })[0].value\nvar c = a > 1 && b < 2 || !(a >= 3)\n",
    ] {
        if text.contains("''s") {
            // Two quotes are no escape here.
            assert!(!read(&[("main.bicep", text)]).1.is_empty());
            continue;
        }
        accepted("main.bicep", text);
    }
}
