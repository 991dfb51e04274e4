// What a job's code sees: `puppet-master types > job.d.ts` writes this file.
//
// Puppeteer's classes are those of the package puppeteer-core (npm i --save-dev puppeteer-core typescript), with the members
// that its older versions had. Jobs without "api": "25" have the meaning of 1.20 where the versions contradict each other.
// The library "dom" gives fetch, URL, TextEncoder and what functions for the page need; @types/node gives Buffer and Node's modules.

/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import type * as core from 'puppeteer-core';

declare global {
  /** The job's page. */
  const page: JobPage;
  /** What came with the job, by name. */
  const vars: { [name: string]: string };
  /** What the job answers: whatever JSON can say. */
  let results: { [name: string]: any };
  /** The job's log, which `console` is too. */
  const logger: JobLogger;
  /** The job's own files, by their names. */
  const files: JobFiles;
  /** What a script uses of the package besides its page. */
  const puppeteer: Omit<typeof core, 'default'> & {
    devices: core.Device[] & { [name: string]: core.Device };
    errors: { TimeoutError: typeof core.TimeoutError };
  };

  /** Waits for so many milliseconds. */
  function sleep(ms: number): Promise<void>;
  /** Scrolls down by the height of the window. */
  function scroll(page: core.Page): Promise<void>;
  /** Scrolls down by so many pixels. */
  function scrollByPx(page: core.Page, px: number): Promise<void>;
  /** The text of an element. */
  function getElementText(element: core.ElementHandle | null): Promise<string>;
  /** The text of `util.format`. */
  function format(...values: unknown[]): string;
  /** The text on one line: line breaks become a written `\n`, white space becomes single spaces. */
  function sanitize(text: string): string;
  const util: { format(...values: unknown[]): string; inspect(value: unknown, options?: object): string };

  interface JobLogger {
    log(...values: unknown[]): void;
    info(...values: unknown[]): void;
    debug(...values: unknown[]): void;
    warn(...values: unknown[]): void;
    warning(...values: unknown[]): void;
    error(...values: unknown[]): void;
    /** A DEBUG line with the JSON of each value. */
    dir(...values: unknown[]): void;
  }

  interface JobFiles {
    /** Makes a file, in the place of what it held. */
    write(name: string, content: string | ArrayBuffer | ArrayBufferView): Promise<void>;
    /** A file's content: a Buffer. */
    read(name: string): Promise<JobBuffer>;
    /** All files. */
    list(): Promise<{ name: string; bytes: number }[]>;
    /** Removes a file or a folder. */
    remove(name: string): Promise<void>;
    /** Runs the function and waits for the download that it begins. `timeout` is in milliseconds, 30,000 when absent. */
    download(action: () => unknown, options?: { timeout?: number }): Promise<{ name: string; bytes: JobBuffer }>;
  }

  /** Node's Buffer, as far as a job without @types/node needs it. */
  type JobBuffer = Uint8Array & { toString(encoding?: string): string };

  /** Puppeteer's Page of today, with what older versions had. */
  type JobPage = OlderPage & core.Page;

  interface OlderPage {
    screenshot(options: core.ScreenshotOptions & { encoding: 'base64' }): Promise<string>;
    screenshot(options?: core.ScreenshotOptions): Promise<JobBuffer>;
    pdf(options?: core.PDFOptions): Promise<JobBuffer>;
    $x(expression: string): Promise<core.ElementHandle[]>;
    waitFor(selectorOrFunctionOrTimeout: string | number | Function, options?: object, ...args: unknown[]): Promise<any>;
    waitForXPath(xpath: string, options?: core.WaitForSelectorOptions): Promise<core.ElementHandle | null>;
    waitForTimeout(milliseconds: number): Promise<void>;
    emulateMedia(type: string | null): Promise<void>;
  }
}

export {};
