// Names of a writer's schema by the aliases of the reader's (control path): aliases apply to the writer's schema before it is
// resolved. Source: https://avro.apache.org/docs/1.12.0/specification/#aliases
import type { FieldNode, RecordNode, SchemaNode } from './schema-node.ts';

export class WriterNames {
  /** By an alias, with its namespace: the name. */
  readonly #types = new Map<string, string>();
  /** By record: alias to name. */
  readonly #fields = new Map<string, Map<string, string>>();
  readonly #seen = new Set<SchemaNode>();

  constructor(reader: SchemaNode) {
    this.#collect(reader);
  }

  #collect(node: SchemaNode): void {
    if (this.#seen.has(node)) return;
    this.#seen.add(node);
    if (node.type === 'union') for (const branch of node.branches) this.#collect(branch);
    if ('aliases' in node) for (const alias of node.aliases) this.#types.set(alias, node.name);
    if (node.type !== 'record') return;
    const fields = new Map<string, string>();
    for (const field of node.fields) {
      for (const alias of field.aliases) fields.set(alias, field.name);
      this.#collect(field.type);
    }
    this.#fields.set(node.name, fields);
  }

  /** The name of a writer's type, with its namespace. */
  of({ name }: { readonly name: string }): string {
    return this.#types.get(name) ?? name;
  }

  ofField(record: RecordNode, { name }: FieldNode): string {
    return this.#fields.get(this.of(record))?.get(name) ?? name;
  }
}
