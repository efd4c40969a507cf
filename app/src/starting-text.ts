import type { AddressInfo } from 'node:net'
import { backend } from 'greenthreads'
import type { Service } from './service.ts'
import { demoContractors } from './storage/seed.ts'

/** What a person reads when the service has started: where everything is, and what to try. */
export function startingText(service: Service, taxUrl: string, isSimulated: boolean): string {
  const serviceUrl = urlOf(service)
  const [inn] = demoContractors(1).map((contractor) => contractor.inn)
  const mistyped = `${inn?.slice(0, 10)}00`
  const last = isSimulated
    ? `curl -s -X PUT ${taxUrl}/control -d '{"mode":"hang"}'   # other modes: GET ${taxUrl}/control`
    : `curl -s ${serviceUrl}/health`
  return `
  service         ${serviceUrl}
  tax authority   ${taxUrl}${isSimulated ? ' (simulator)' : ''}
  database        ${service.database.description}
  green threads   ${backend} backend

Try:
  curl -s ${serviceUrl}/contractors/${inn}/status
  curl -s ${serviceUrl}/contractors/${mistyped}/status
  ${last}

Ctrl-C stops everything.`
}

function urlOf(service: Service): string {
  const { address, family, port } = service.server.server.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}
