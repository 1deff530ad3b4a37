// Where a module of our own lies that runs in a thread or a process of its own (control path).

/**
 * The URL of the module `name`, a path relative to the module at `from`. Millrace runs from its sources (.ts) in the
 * repository and compiled (.js) in the package: the neighbour has the extension of the module that asks.
 *
 * @example new Worker(moduleBeside(import.meta.url, './training-thread'))
 */
export function moduleBeside(from: string, name: string): URL {
  return new URL(`${name}${from.slice(from.lastIndexOf('.'))}`, from);
}
