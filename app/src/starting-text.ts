import type { AddressInfo } from 'node:net'
import { backend } from 'greenthreads'
import { apiScopes } from './access/access.ts'
import type { DemoKey } from './access/demo-keys.ts'
import type { Access } from './access/open-access.ts'
import { adminLogin } from './access/panel-users.ts'
import type { Config } from './config.ts'
import { modeMeanings } from './modes/mode-meanings.ts'
import type { Service } from './service.ts'
import type { NeighbourUrls } from './simulator-process.ts'
import { demoContractors } from './storage/seed.ts'

/** What a person reads when the service has started: where everything is, and what to try. */
export function startingText(service: Service, config: Config, urls: NeighbourUrls): string {
  const { taxUrl, bankUrl, notificationsUrl } = urls
  const serviceUrl = urlOf(service)
  const [inn] = demoContractors(1).map((contractor) => contractor.inn)
  const mistyped = `${inn?.slice(0, 10)}00`
  const authorization = `-H 'Authorization: Bearer ${service.access.demoKeys[0]?.key ?? 'YOUR_API_KEY'}'`
  const last =
    config.taxUrl === undefined
      ? `curl -s -X PUT ${taxUrl}/control -d '{"mode":"hang"}'   # other modes: GET ${taxUrl}/control`
      : `curl -s ${serviceUrl}/health`
  return `
  service         ${serviceUrl}
  tax authority   ${taxUrl}${simulated(config.taxUrl)}
  bank            ${bankUrl}${simulated(config.payments.bankUrl)}
  notifications   ${notificationsUrl}${simulated(config.payments.notificationsUrl)}
  database        ${service.database.description}
  mode            ${service.mode}: ${modeMeanings[service.mode]}
  green threads   ${backend} backend
  admin panel     ${serviceUrl}/admin${adminOf(service.access)}
${keyLines(service.access.demoKeys)}
Try:
  curl -s ${authorization} ${serviceUrl}/contractors/${inn}/status
  curl -s ${authorization} ${serviceUrl}/contractors/${mistyped}/status
  ${last}

Ctrl-C stops everything.`
}

function adminOf({ demoPassword }: Access): string {
  return demoPassword === undefined ? '' : ` (${adminLogin} / ${demoPassword})`
}

function simulated(configuredUrl: string | undefined): string {
  return configuredUrl === undefined ? ' (simulator)' : ''
}

function keyLines(keys: readonly DemoKey[]): string {
  const shown = keys.filter(({ client }) => client.startsWith('demo'))
  return shown.map(({ key, scopes }) => `  API key         ${key} (${scopesOf(scopes)})\n`).join('')
}

function scopesOf(scopes: DemoKey['scopes']): string {
  return scopes.length === apiScopes.length ? 'every scope' : scopes.join(', ')
}

function urlOf(service: Service): string {
  const { address, family, port } = service.server.server.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}
