import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isSelfEmployed } from '../../simulator/tax-authority.ts'
import { innCheckDigits } from '../../src/domain/inn.ts'
import { modes } from '../../src/modes/mode-meanings.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { ServiceFixture, statusFreshMs, untouchedInn } from '../support/service-fixture.ts'

const settings = (await everyDatabase()).flatMap((kind) => modes.map((mode) => ({ kind, mode })))

for (const { kind, mode } of settings) {
  const name = `the status of a contractor, on ${kind.name}, mode ${mode}`
  describe(name, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({ databaseUrl: database.url, mode })
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })

    test('is what the tax authority says', async () => {
      const inns = Array.from({ length: 10 }, () => untouchedInn())
      for (const inn of inns) {
        const { statusCode, body } = await fixture.status(inn)
        assert.equal(statusCode, 200)
        assert.equal(body.inn, inn)
        assert.equal(body.taxStatus, isSelfEmployed(inn) ? 'self-employed' : 'not-self-employed')
        assert.equal(body.source, 'tax-authority')
      }
      assert.equal(new Set(inns.map(isSelfEmployed)).size, 2, 'both kinds of status were asked for')
    })

    test('is answered from the database while it is fresh', async () => {
      const inn = untouchedInn()
      const first = await fixture.status(inn)
      const { questions } = fixture.simulator.counts
      fixture.advance(statusFreshMs - 1)
      const second = await fixture.status(inn)
      assert.deepEqual(second.body, { ...first.body, source: 'stored' })
      assert.equal(fixture.simulator.counts.questions, questions)
    })

    test('is asked for again when it is no longer fresh', async () => {
      const inn = untouchedInn()
      const first = await fixture.status(inn)
      fixture.advance(statusFreshMs)
      const second = await fixture.status(inn)
      assert.equal(second.body.source, 'tax-authority')
      assert.equal(second.body.checkedAt, first.body.freshUntil)
      const checks = await fixture.rows('SELECT id FROM tax_checks WHERE inn = $1', inn)
      assert.equal(checks.length, 2)
    })

    test('is refused for a bad INN with the reason, and nobody is asked', async () => {
      const { questions } = fixture.simulator.counts
      const inn = untouchedInn()
      for (const [given, code, message] of [
        [inn.slice(1), 'INN_LENGTH', /has 12 digits, the given one has 11/],
        ['7'.repeat(1000), 'INN_LENGTH', /the given one has 1000/],
        [`${inn.slice(0, 11)}x`, 'INN_DIGITS', /character 12/],
        ['%F0%9F%92%B8', 'INN_DIGITS', /character 1/],
        [`${inn.slice(0, 10)}${inn.endsWith('00') ? '11' : '00'}`, 'INN_CHECKSUM', /mistyped/],
      ] as const) {
        const { statusCode, body } = await fixture.problem(given)
        assert.equal(statusCode, 400)
        assert.equal(body.error.code, code)
        assert.match(body.error.message, message)
      }
      assert.equal(fixture.simulator.counts.questions, questions)
    })

    test('of somebody unknown is 404, and nobody is asked', async () => {
      const { questions } = fixture.simulator.counts
      const inn = `5001007322${innCheckDigits('5001007322')}`
      const { statusCode, body } = await fixture.problem(inn)
      assert.equal(statusCode, 404)
      assert.equal(body.error.code, 'CONTRACTOR_UNKNOWN')
      assert.deepEqual(body.error.details, { inn })
      assert.equal(fixture.simulator.counts.questions, questions)
    })

    test('that can be stored only in part is not stored at all', async () => {
      const inn = untouchedInn()
      await fixture.rows(
        `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'the disk of secret-host is full'; END $$`,
      )
      await fixture.rows(
        'CREATE TRIGGER refuse BEFORE INSERT ON tax_statuses FOR EACH ROW EXECUTE FUNCTION refuse()',
      )
      const { statusCode, body } = await fixture.problem(inn)
      assert.equal(statusCode, 500)
      assert.equal(body.error.code, 'INTERNAL_ERROR')
      assert.doesNotMatch(JSON.stringify(body), /secret-host/)
      assert.deepEqual(await fixture.rows('SELECT id FROM tax_checks WHERE inn = $1', inn), [])

      await fixture.rows('DROP TRIGGER refuse ON tax_statuses')
      assert.equal((await fixture.status(inn)).statusCode, 200)
      const checks = await fixture.rows('SELECT id FROM tax_checks WHERE inn = $1', inn)
      assert.equal(checks.length, 1)
    })

    test('is the same for everybody who asks about one contractor at once', async () => {
      const inn = untouchedInn()
      const answers = await Promise.all(Array.from({ length: 50 }, () => fixture.status(inn)))
      for (const { statusCode } of answers) assert.equal(statusCode, 200)
      assert.equal(new Set(answers.map(({ body }) => body.taxStatus)).size, 1)
      const statuses = await fixture.rows('SELECT 1 FROM tax_statuses WHERE inn = $1', inn)
      assert.equal(statuses.length, 1)
    })
  })
}
