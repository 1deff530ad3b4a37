/**
 * A command without the loaders of the test runner, which passes them to every child in NODE_OPTIONS: a program that is
 * tested as a user starts it, or that does not load with them (the compiler), must not have them.
 */
export function bareCommand(
  program: string,
  args: readonly string[],
  nodeOptions = '',
): [program: string, args: string[]] {
  return ['env', [`NODE_OPTIONS=${nodeOptions}`, program, ...args]];
}
