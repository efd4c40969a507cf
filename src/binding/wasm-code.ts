import { setFlagsFromString } from 'node:v8'

/**
 * V8 frees WebAssembly code that was replaced by optimized code after a look at all stacks, and aborts
 * the process when one of them is set aside, as that of a suspended green thread is. Without this
 * collection the replaced code stays: some hundred kilobytes for the HTTP parser behind `fetch()`.
 * (Code of modules that are gone is freed as ever.)
 */
export function keepReplacedWasmCode(): void {
  setFlagsFromString('--no-wasm-code-gc')
}
