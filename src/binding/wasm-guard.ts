import { addon } from './addon.ts'
import { onForeignStack } from './foreign-stacks.ts'
import { JSPI, refusal } from './refusal.ts'
import { freeIdleStacks } from './stack-pool.ts'

/**
 * A call made through `WebAssembly.promising` runs on a stack which V8 makes itself. V8 loses its way
 * among stacks when there are ours as well, and aborts in the next garbage collection. So there are
 * either the ones or the others.
 */
export function guardWasm(): void {
  const wasm = (globalThis as { WebAssembly?: { promising?: Promising } }).WebAssembly
  if (wasm?.promising === undefined) return
  const { promising } = wasm
  wasm.promising = (exported) => guarded(promising(exported))
}

type Export = (...args: unknown[]) => Promise<unknown>
type Promising = (exported: (...args: unknown[]) => unknown) => Export

function guarded(original: Export): Export {
  const wrapper: Export = (...args) => {
    freeIdleStacks()
    return addon.info().stacks === 0
      ? onForeignStack(() => original(...args))
      : Promise.reject(refusal(JSPI))
  }
  Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true })
  Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true })
  return wrapper
}
