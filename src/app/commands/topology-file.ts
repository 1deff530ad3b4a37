// The argument of every verb that works on a topology (control path).
export const TOPOLOGY_FILE: { readonly description: string } = {
  description: 'topology file, for example topologies/flights.ts',
};
