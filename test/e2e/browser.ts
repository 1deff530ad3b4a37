/** Starts Chromium for the end-to-end tests. */
import { type Browser, chromium } from 'playwright-core';
import { chromiumPath } from '../support/services.ts';

/** Opens a browser without background network traffic. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
