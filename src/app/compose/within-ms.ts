// Bounds the wait for a module of the project (control path): it may never answer.

/** What `call` returns, or its failure. @throws Error if that takes longer */
export async function withinMs(boundMs: number, call: () => unknown): Promise<unknown> {
  const timeOut = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeOut.reject(new Error(`no answer within ${boundMs} ms`)), boundMs);
  try {
    return await Promise.race([Promise.resolve().then(call), timeOut.promise]);
  } finally {
    clearTimeout(timer);
  }
}
