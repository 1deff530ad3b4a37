/**
 * This process's environment without the settings of Millrace, and with these: a child that must not take over the services
 * that a test run or a shell has.
 */
export function environmentWith(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'));
  return { ...Object.fromEntries(others), ...settings };
}
