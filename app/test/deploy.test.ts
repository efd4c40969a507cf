import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { configHelp } from '../src/config.ts'
import { ServiceFixture } from './support/service-fixture.ts'

// The images can't be built everywhere the tests run. What the files say of the service has to be true of it.

interface Compose {
  readonly services: Record<string, { environment?: Record<string, string>; healthcheck: unknown }>
}

interface Container {
  readonly env: readonly { name: string }[]
  readonly ports: readonly { containerPort: number }[]
}

interface Deployment {
  readonly kind: string
  readonly spec: { template: { spec: { containers: readonly Container[] } } }
}

const root = new URL('../../../', import.meta.url)
const read = (name: string): string => readFileSync(new URL(`app/deploy/${name}`, root), 'utf8')
const settings = new Set(configHelp().match(/\b[A-Z][A-Z_]+\b/g))

describe('the files for containers', () => {
  const compose: Compose = parse(read('compose.yaml'), { merge: true })
  const replicas = ['replica-1', 'replica-2'] as const
  const container = parseAllDocuments(read('kubernetes.yaml'))
    .map((document) => document.toJS() as Deployment)
    .find(({ kind }) => kind === 'Deployment')?.spec.template.spec.containers[0] as Container
  let fixture: ServiceFixture
  let served: readonly string[]

  before(async () => {
    fixture = await ServiceFixture.open()
    served = fixture.service.server.guardedRoutes.map(({ method, url }) => `${method} ${url}`)
  })
  after(() => fixture.close())

  test('name settings that the service has', () => {
    const named = [
      ...replicas.flatMap((name) => Object.keys(compose.services[name]?.environment ?? {})),
      ...container.env.map(({ name }) => name),
      ...(read('kubernetes.yaml').match(/(?<=--from-literal=)\w+/g) ?? []),
      ...(read('Dockerfile').match(/(?<= )[A-Z]+(?==[\d.]+)/g) ?? []),
    ]
    assert.ok(named.length > 15, `${named}`)
    for (const name of named) assert.ok(settings.has(name), `${name}:\n${configHelp()}`)
  })

  test('probe pages that the service has, where it listens', () => {
    const pages = [
      ...read('kubernetes.yaml').matchAll(/path: (\/[\w/]*)/g),
      ...JSON.stringify(compose.services['replica-1']?.healthcheck).matchAll(/3000(\/[\w/]*)/g),
    ].map(([, path]) => path)
    assert.equal(pages.length, 4)
    for (const page of pages) assert.ok(served.includes(`GET ${page}`), `${page}:\n${served}`)
    assert.match(read('Dockerfile'), /PORT=3000\b/)
    assert.equal(container.ports[0]?.containerPort, 3000)
    assert.deepEqual(
      read('nginx.conf').match(/(?<=server )replica-\d:3000/g),
      replicas.map((name) => `${name}:3000`),
    )
  })

  test('copy and start what a build makes', () => {
    const copied = [...read('Dockerfile').matchAll(/--from=build \/source\/(\S+)/g)]
    const started = /CMD \["node", "(.*?)"\]/.exec(read('Dockerfile'))?.[1] ?? ''
    assert.equal(copied.length, 6)
    for (const path of [...copied.map(([, path = '']) => path), started])
      assert.ok(existsSync(new URL(path, root)), path)
  })
})
