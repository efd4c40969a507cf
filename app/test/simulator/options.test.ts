import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultBehaviour, modes } from '../../simulator/behaviour.ts'
import { readSimulatorOptions, simulatorHelp } from '../../simulator/options.ts'

describe('the options of the simulator', () => {
  test('have defaults', () => {
    assert.deepEqual(readSimulatorOptions([], {}), {
      isHelpWanted: false,
      ports: { taxAuthority: 3001, bank: 3002, notifications: 3003 },
      isPortChosen: false,
      behaviour: defaultBehaviour,
    })
  })

  test('come from the environment', () => {
    const options = readSimulatorOptions([], {
      SIMULATOR_PORT: '0',
      SIMULATOR_MODE: 'hang',
      SIMULATOR_LATENCY_MS: '0',
      SIMULATOR_FAILURE_RATE: '0.5',
      SIMULATOR_LOSS_RATE: '0.25',
    })
    assert.deepEqual(options.ports, { taxAuthority: 0, bank: 0, notifications: 0 })
    assert.equal(options.isPortChosen, true)
    assert.deepEqual(options.behaviour, {
      ...defaultBehaviour,
      mode: 'hang',
      latencyMs: 0,
      failureRate: 0.5,
      lossRate: 0.25,
    })
  })

  test('come from flags before the environment', () => {
    const flags = ['--port', '4000', '--latency-ms', '20', '--failure-rate=1', '--mode', 'drop']
    const options = readSimulatorOptions(flags, { SIMULATOR_PORT: '1', SIMULATOR_LATENCY_MS: '1' })
    assert.equal(options.ports.taxAuthority, 4000)
    assert.deepEqual(options.behaviour, {
      ...defaultBehaviour,
      mode: 'drop',
      latencyMs: 20,
      failureRate: 1,
    })
  })

  for (const flags of [
    ['--port', '65534'],
    ['--latency-ms', 'soon'],
    ['--failure-rate', '7'],
    ['--loss-rate', '1.5'],
    ['--mode', 'sulk'],
  ] as const) {
    test(`refuse ${flags.join(' ')} with the value`, () => {
      assert.throws(() => readSimulatorOptions(flags, {}), new RegExp(`RangeError: .*${flags[1]}`))
    })
  }

  test('refuse a flag that does not exist', () => {
    assert.throws(() => readSimulatorOptions(['--lag', '3'], {}), /--lag/)
  })

  test('are described by the help, mode by mode', () => {
    for (const mode of modes) assert.match(simulatorHelp, new RegExp(`^ +${mode} `, 'm'))
  })
})
