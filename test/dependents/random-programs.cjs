// Random programs of Fibers that run, throw into and reset each other, and what each of them traces. Runs under
// Node.js 14 with the package fibers as well as here.
const { createHash } = require('node:crypto')

const MOST_ACTIONS = 60

/** The trace of the program that belongs to a seed, with this `Fiber`. */
function trace(Fiber, seed) {
  const below = randomIntegers(seed)
  const lines = []
  const fibers = []
  let actionsLeft = MOST_ACTIONS

  function body(index, steps) {
    return (...args) => {
      lines.push(`${index}: starts with ${args.map(shown)}`)
      try {
        for (let step = 0; step < steps; step++) act(index)
        return `returned by ${index}`
      } finally {
        lines.push(`${index}: finally`)
        if (steps === 3) act(index)
      }
    }
  }

  function act(who) {
    if (actionsLeft-- <= 0) return
    const kind = below(12)
    const other = below(fibers.length)
    const fiber = fibers[other]
    const value = below(100)
    const args = [[], [value, value], [value], [value]][below(4)]
    if (kind < 4) note(who, `run ${other}`, () => fiber.run(...args))
    else if (kind < 7) note(who, 'yield', () => Fiber.yield(...args))
    else if (kind === 7)
      note(who, `throw into ${other}`, () => fiber.throwInto(...args.map(String)))
    else if (kind === 8) note(who, `reset ${other}`, () => fiber.reset(...(value < 15 ? args : [])))
    else if (kind === 9) lines.push(`${who}: ${fibers.map(({ started }) => started)}`)
    else if (who !== 'main') {
      lines.push(`${who}: leaves its errors alone`)
      if (kind === 10) throw new Error(`thrown ${value}`)
      Fiber.yield(value)
    }
  }

  function note(who, what, call) {
    let end
    try {
      end = `returns ${shown(call())}`
    } catch (error) {
      end = `throws ${shown(error)}`
    }
    lines.push(`${who}: ${what} ${end} in ${fibers.indexOf(Fiber.current)}`)
  }

  for (let count = 2 + below(4), i = 0; i < count; i++) fibers.push(Fiber(body(i, 1 + below(6))))
  for (let i = 0; i < 15; i++) note('main', 'acts', () => act('main'))
  // One that ends may start another one.
  while (fibers.some(({ started }) => started)) {
    const i = fibers.findIndex(({ started }) => started)
    note('main', `ends ${i}`, () => fibers[i].reset())
  }
  return lines.join('\n')
}

function shown(value) {
  return value instanceof Error ? `${value.name} ${value.message}` : String(value)
}

/** xorshift32: the same numbers everywhere. */
function randomIntegers(seed) {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % limit
  }
}

/** A digest of each of the traces of so many programs. */
function digests(Fiber, count) {
  return Array.from({ length: count }, (_, i) =>
    createHash('sha256')
      .update(trace(Fiber, i + 1))
      .digest('hex')
      .slice(0, 16),
  )
}

module.exports = { digests, trace }

if (require.main === module) {
  process.stdout.write(JSON.stringify(digests(require(process.argv[2]), Number(process.argv[3]))))
}
