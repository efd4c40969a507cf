import { syncBuiltinESMExports } from 'node:module'
import { addon } from './addon.ts'
import { applyOnMainThread } from './main-thread.ts'

/**
 * Node.js keeps the certificates that TLS trusts per OS thread, from version 22 on, and from 24 on it aborts
 * when a second OS thread of one isolate asks for them. Where green threads are OS threads, whatever
 * touches these certificates is therefore called on that of the main stack.
 */
export function guardTls(): void {
  if (addon.backend !== 'thread' || process.versions.openssl === undefined) return
  const tls = process.getBuiltinModule('node:tls') as unknown as Tls
  // The native half of a secure context, which Node.js itself calls as well.
  const methods = Object.getPrototypeOf(new tls.SecureContext().context)
  for (const name of ['addRootCerts', 'addCACert', 'addCRL', 'loadPKCS12']) {
    methods[name] = onMain(methods[name])
  }
  if (tls.setDefaultCACertificates === undefined) return
  const setDefault = onMain(tls.setDefaultCACertificates)
  tls.setDefaultCACertificates = function setDefaultCACertificates(certificates) {
    // A copy, so that no code of the caller runs over there.
    return setDefault(Array.isArray(certificates) ? [...certificates] : certificates)
  }
  syncBuiltinESMExports()
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

interface Tls {
  readonly SecureContext: new () => { context: object }
  /** Since Node.js 22.19 and 24.5. */
  setDefaultCACertificates?: AnyFunction
}

function onMain(original: AnyFunction): AnyFunction {
  const wrapper: AnyFunction = function (...args) {
    return applyOnMainThread(original, this, args, wrapper)
  }
  Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true })
  Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true })
  return wrapper
}
