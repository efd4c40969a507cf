/**
 * Lets V8 replace WebAssembly code while a coroutine is suspended. V8 then collects the old code and aborts
 * when it finds an archived thread.
 */
import { Coroutine } from '../support/raw-coroutine.ts'
import { instantiate, twice } from '../support/webassembly.ts'

new Coroutine(() => Coroutine.suspend()).resume()

let sum = 0
for (let module = 0; module < 20; module++) {
  const { run } = instantiate(twice, () => 1)
  for (let call = 0; call < 50_000; call++) sum += run()
  // The compiler works on another thread; its result is installed between turns.
  await new Promise((resolve) => setImmediate(resolve))
}
console.log(sum)
