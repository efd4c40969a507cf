/** What `greenthreads doctor` reports. */
export interface Diagnosis {
  readonly isHealthy: boolean
  readonly node: string
  readonly v8: string
  readonly abi: string
  readonly platform: string
  readonly backend?: string
  /** Why this backend runs, or why none does. */
  readonly reason: string
  readonly details?: Record<string, unknown>
}

/** Loads the library as a program would, and tells what came of it. Never throws. */
export async function examine(): Promise<Diagnosis> {
  const { node, v8, modules } = process.versions
  const platform = `${process.platform}-${process.arch}`
  const machine = { node, v8, abi: String(modules), platform }
  try {
    await import('../index.ts')
    const { addon } = await import('../binding/addon.ts')
    return {
      isHealthy: true,
      ...machine,
      backend: addon.backend,
      reason: addon.backendReason,
      details: addon.info(),
    }
  } catch (error) {
    return { isHealthy: false, ...machine, reason: explain(error) }
  }
}

/** The diagnosis as lines for a person. */
export function render(diagnosis: Diagnosis): string {
  const rows: [string, string][] = [
    ['Node.js', `${diagnosis.node} (ABI ${diagnosis.abi})`],
    ['V8', diagnosis.v8],
    ['platform', diagnosis.platform],
    ['backend', diagnosis.backend ?? 'none'],
    [diagnosis.isHealthy ? 'because' : 'problem', diagnosis.reason],
    ...Object.entries(diagnosis.details ?? {}).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]),
  ]
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  const indent = `\n${' '.repeat(width)}`
  return rows
    .map(([name, value]) => `${name.padEnd(width)}${value.replaceAll('\n', indent)}\n`)
    .join('')
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? error.message : `${code}: ${error.message}`
}
