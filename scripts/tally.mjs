// A reporter for `node --test` that yields the counts of a whole run as one JSON object.
const counted = /^(pass|fail|cancelled|skipped|todo) (\d+)$/

export default async function* tally(events) {
  const counts = {}
  for await (const { type, data } of events) {
    if (type !== 'test:diagnostic') continue
    const [, name, count] = counted.exec(data.message) ?? []
    // Every file reports its own counts; those of the whole run come last.
    if (name !== undefined) counts[name] = Number(count)
  }
  yield JSON.stringify({
    passed: counts.pass ?? 0,
    failed: (counts.fail ?? 0) + (counts.cancelled ?? 0),
    skipped: (counts.skipped ?? 0) + (counts.todo ?? 0),
  })
}
