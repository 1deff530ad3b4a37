// The two forms of every stage's factory, `kind(options)` and `kind(id, options)` (control path).

/** A stage's id, its kind by default, and its options. */
export function stageArguments<O>(kind: string, first: string | O, second: O): [id: string, options: O] {
  return typeof first === 'string' ? [first, second] : [kind, first];
}
