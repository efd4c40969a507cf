interface OpenedPart {
  readonly name: string
  readonly close: () => void
}

/** What has been opened, to be closed in the opposite order: at the end, or when the next part can't be opened. */
export class OpenedParts {
  readonly #parts: OpenedPart[] = []

  add<Part>(name: string, part: Part, close: (part: Part) => void): Part {
    this.#parts.push({ name, close: () => close(part) })
    return part
  }

  /** For code in a green thread. Closes every part, even after one that can't be closed; then throws what failed. */
  close(): void {
    const failures: Error[] = []
    for (;;) {
      const part = this.#parts.pop()
      if (part === undefined) break
      try {
        part.close()
      } catch (error) {
        failures.push(new Error(`The ${part.name} could not be closed.`, { cause: error }))
      }
    }
    if (failures.length === 1) throw failures[0]
    if (failures.length > 1) throw new AggregateError(failures, 'Several parts were not closed.')
  }

  /** Closes everything because of `error`, and returns what to throw: the error, and what failed after it. */
  abandon(error: unknown): unknown {
    try {
      this.close()
      return error
    } catch (failure) {
      return new AggregateError([error, failure], 'After a failure not everything was closed.', {
        cause: error,
      })
    }
  }
}
