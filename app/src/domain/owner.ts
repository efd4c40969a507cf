/** For people in the panel, who see what every client service has wanted. */
export const allClients: unique symbol = Symbol('all clients')

/** Whose payments and registers are meant: those of one client service, by its name, or all. */
export type Owner = string | typeof allClients

export function owns(owner: Owner, { client }: { readonly client: string }): boolean {
  return owner === allClients || owner === client
}
