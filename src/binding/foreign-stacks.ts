import { JSPI, refusal, WASM_PROMISING } from './refusal.ts'

/** WebAssembly calls on stacks which V8 made itself; see wasm-guard.ts. */
let runningCalls = 0
let pendingCalls = 0

/** Throws when a stack of ours must not be used now. */
export function checkNoForeignStack(): void {
  checkNotOnForeignStack()
  if (pendingCalls !== 0) throw refusal(JSPI)
}

/** False where `checkNoForeignStack()` throws. */
export function hasNoForeignStack(): boolean {
  return pendingCalls === 0
}

/** Throws in the middle of such a call. */
export function checkNotOnForeignStack(): void {
  if (runningCalls !== 0) throw refusal(WASM_PROMISING)
}

/** Makes a call that V8 runs on a stack of its own until the promise settles. */
export function onForeignStack(call: () => Promise<unknown>): Promise<unknown> {
  runningCalls++
  pendingCalls++
  try {
    const result = call()
    result.then(end, end)
    return result
  } catch (error) {
    end()
    throw error
  } finally {
    runningCalls--
  }
}

function end(): void {
  pendingCalls--
}
