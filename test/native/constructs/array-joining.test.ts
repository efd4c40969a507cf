import assert from 'node:assert/strict'
import { createContext, runInContext } from 'node:vm'
import { constructs, type Turn } from '../../support/constructs.ts'

const slowText = ({ pause }: Turn, text: string): object => ({ toString: () => pause(text) })

// V8 keeps a stack of the arrays that are being joined, to find cycles; it expects last in, first out.
constructs('joining arrays', {
  join: (turn) => {
    assert.equal([1, slowText(turn, `s${turn.id}`), 3].join('-'), `1-s${turn.id}-3`)
  },

  'nested joins': (turn) => {
    const innermost = { toString: () => turn.pause([2, slowText(turn, 'deep')].join('+')) }
    const inner = { toString: () => turn.pause([1, innermost].join(',')) }
    assert.equal([inner, turn.id].join(';'), `1,2+deep;${turn.id}`)
  },

  'a nested array': (turn) => {
    assert.equal([0, [1, [slowText(turn, `x${turn.id}`)]]].toString(), `0,1,x${turn.id}`)
  },

  'an array that contains itself': (turn) => {
    const cycle: unknown[] = [turn.id, slowText(turn, 'a')]
    cycle.push(cycle, slowText(turn, 'b'))
    // Where another thread's join ended meanwhile, V8 notices the cycle some levels later.
    const once = `${turn.id},a,,b`
    let text = cycle.join()
    while (text.length > once.length) text = text.replace(once, '')
    assert.equal(text, once)
  },

  'toLocaleString of the elements': ({ id, pause }) => {
    const slow = { toLocaleString: () => pause(`l${id}`) }
    assert.equal([slow, 'end'].toLocaleString(), `l${id},end`)
  },

  'a join that throws': ({ id, pause }) => {
    const thrower = {
      toString(): string {
        pause()
        throw new Error(`thrown by ${id}`)
      },
    }
    assert.throws(() => [1, [thrower]].join(), { message: `thrown by ${id}` })
  },

  'template text and string concatenation of an array': (turn) => {
    const items = [slowText(turn, 'left'), turn.id]
    assert.equal(`${items}`, `left,${turn.id}`)
    assert.equal(`${items}|`, `left,${turn.id}|`)
  },

  'join of a typed array with a converted separator': ({ id, pause }) => {
    const separator = { toString: () => pause('/') } as never
    assert.equal(Uint8Array.of(id % 200, 7).join(separator), `${id % 200}/7`)
  },

  'join in another vm context': ({ id, pause }) => {
    const context = createContext({ pause, id })
    const text = runInContext("[1, [{ toString: () => pause('v' + id) }], 3].join('-')", context)
    assert.equal(text, `1-v${id}-3`)
  },
})
