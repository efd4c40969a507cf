export const nodeMajor: number = Number(process.versions.node.split('.')[0])
export const v8Major: number = Number(process.versions.v8.split('.')[0])

/** A reason to skip where the version of Node is too old, undefined where it is not. */
export function since(major: number): string | undefined {
  return nodeMajor < major ? `needs Node ${major}` : undefined
}

/** A reason to skip unless the global or property is there. */
export function whereDefined(value: unknown, name: string): string | undefined {
  return value === undefined ? `${name} does not exist on Node ${process.versions.node}` : undefined
}
