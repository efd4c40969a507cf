import Module from 'node:module'
import { fileURLToPath } from 'node:url'
import { InvalidArgumentError } from '../errors.ts'
import type { AnyFunction } from './registry.ts'

/** Packages that this one can take the place of. */
export type ReplaceableName = 'deasync' | 'fibers'

/** What programs import, and the CommonJS module that stands for it, which ES modules can import as well. */
const specifiers: Readonly<Record<ReplaceableName, Readonly<Record<string, string>>>> = {
  deasync: { deasync: 'deasync' },
  fibers: {
    fibers: 'fibers',
    'fibers/future': 'future',
    'fibers/future.js': 'future',
  },
}

const names = Object.keys(specifiers) as ReplaceableName[]

/** File URLs by specifier. */
const replaced: Record<string, string> = {}

/**
 * Lets `fibers`, `fibers/future` and `deasync` be those of this package, wherever a program or one of its
 * dependencies requires or imports them from now on, installed or not. As
 * `GREENTHREADS_REPLACE=fibers,deasync node --import greenthreads/register app.js` does.
 *
 * @throws InvalidArgumentError for other names.
 * @example
 * import { replacePackages } from 'greenthreads/patch'
 * replacePackages('fibers')
 */
export function replacePackages(...packages: ReplaceableName[]): void {
  for (const name of packages) {
    if (!names.includes(name)) {
      throw new InvalidArgumentError('package', `one of ${names.join(', ')}`, name)
    }
  }
  const fresh = packages.flatMap((name) => Object.entries(specifiers[name])).filter(isFresh)
  if (fresh.length === 0) return
  if (Object.keys(replaced).length === 0) resolveReplacedInCommonJs()
  const added = Object.fromEntries(fresh.map(([specifier, file]) => [specifier, urlOf(file)]))
  Object.assign(replaced, added)
  resolveInModules(added)
}

function isFresh([specifier]: [string, string]): boolean {
  return replaced[specifier] === undefined
}

function urlOf(file: string): string {
  return new URL(`../commonjs/${file}.cjs`, import.meta.url).href
}

function resolveReplacedInCommonJs(): void {
  const loader = Module as unknown as { _resolveFilename: AnyFunction }
  const original = loader._resolveFilename
  loader._resolveFilename = function (this: unknown, ...args: unknown[]) {
    const url = replaced[args[0] as string]
    return url === undefined ? Reflect.apply(original, this, args) : fileURLToPath(url)
  }
}

interface Hooks {
  resolve(specifier: string, context: unknown, next: AnyFunction): unknown
}

const { registerHooks } = Module as unknown as { registerHooks?: (hooks: Hooks) => void }

function resolveInModules(added: Readonly<Record<string, string>>): void {
  if (registerHooks === undefined) {
    Module.register('./replacement-hooks.js', import.meta.url, { data: added })
    return
  }
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = added[specifier]
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
    },
  })
}
