import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

import { signedIn } from '../web/client.ts';

/** Debian's, without the windows around the page, which cost as much as the page; a browser is never downloaded. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';
const patienceMs = 10_000;

/** How somebody looks at the console. */
export interface Look {
  readonly language?: 'de' | 'en';
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

export async function startBrowser(): Promise<Browser> {
  // Chromium's own walls between processes cannot be built by root, as whom the tests run in a container.
  const walls = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await chromium.launch({
    executablePath,
    args: [...walls, '--disable-dev-shm-usage', '--mute-audio', '--hide-scrollbars'],
  });
}

/** A browser of somebody, with one page open. */
export class Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly url: string;
  /** What went wrong in the page: errors that nobody caught, and whatever the Content-Security-Policy refused. */
  readonly faults: string[] = [];

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.context = context;
    this.page = page;
    this.url = url;
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('console', (message) => {
      // A refusal that the page shows in its own words is in the browser's log as well.
      const isAnswer = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isAnswer) this.faults.push(message.text());
    });
  }

  static async begin(
    browser: Browser,
    url: string,
    { language = 'en', scheme = 'light', width = 1_280, height = 800 }: Look = {},
  ): Promise<Visit> {
    const context = await browser.newContext({
      locale: language === 'de' ? 'de-CH' : 'en-GB',
      ...{ colorScheme: scheme, reducedMotion: 'reduce', viewport: { width, height } },
    });
    context.setDefaultTimeout(patienceMs);
    return new Visit(context, await context.newPage(), url);
  }

  /** As somebody who has signed in already. */
  async signIn(name: string): Promise<void> {
    const { cookie } = await signedIn(this.url, name);
    const [key = '', value = ''] = cookie.split('=');
    await this.context.addCookies([{ name: key, value, url: this.url }]);
  }

  /** Opens a page and waits until it shows what it asked the server for. */
  async open(path: string): Promise<void> {
    await this.page.goto(`${this.url}${path}`);
    await this.settled();
  }

  /** As {@link open}, in the page that is open already, as by its menu: a fraction of the time. */
  async go(path: string): Promise<void> {
    await this.page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`);
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.page.locator('h1').first().waitFor();
    await this.page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
  }

  /** How far the page is wider than the window, in pixels: what is there is cut off, or has to be scrolled to. */
  async overflow(): Promise<number> {
    return await this.page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
  }

  /** What axe finds wrong, each as `rule: element`. */
  async violations(): Promise<string[]> {
    if (!(await this.page.evaluate<boolean>("'axe' in window"))) await this.page.evaluate(await axe());
    const { violations } = await this.page.evaluate<AxeResults>(
      "axe.run(document, { resultTypes: ['violations'] })",
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
    );
  }

  async end(): Promise<void> {
    await this.context.close();
  }
}

async function axe(): Promise<string> {
  return await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
}
