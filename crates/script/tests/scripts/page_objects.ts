import puppeteer from 'puppeteer';
import type { Page } from 'puppeteer';

enum Priority { Low, Normal, High = 5 }
enum Status { Open = 'open', Done = 'done' }
namespace Labels {
  export const of = (priority: Priority): string => Priority[priority].toLowerCase();
}

abstract class BasePage {
  constructor(protected readonly page: Page, private title?: string) {}
  abstract open(): Promise<this>;
  async heading(): Promise<string> { return this.title ??= await this.page.$eval('h1', (h) => h.innerText); }
}

class TodoPage extends BasePage {
  private added = 0;
  override async open(): Promise<this> {
    await this.page.setContent('<h1>Todos</h1><input id=new><ul></ul>');
    return this;
  }
  async add(text: string, priority: Priority = Priority.Normal): Promise<number> {
    await this.page.type('#new', text);
    await this.page.evaluate((label: string, status: string) => {
      const input = document.querySelector('input') as HTMLInputElement;
      const li = document.createElement('li');
      li.textContent = `${input.value} (${label}, ${status})`;
      document.querySelector('ul')!.append(li);
      input.value = '';
    }, Labels.of(priority), Status.Open);
    return ++this.added;
  }
  get items(): Promise<string[]> { return this.page.$$eval('li', (all) => all.map((li) => li.innerText)); }
}

const browser = await puppeteer.launch();
const todos = await new TodoPage(await browser.newPage()).open();
await todos.add('buy milk');
console.log(await todos.add('sleep', Priority.High), await todos.heading());
console.log((await todos.items).join('; '), Object.keys(Priority).length, Status.Done);
await browser.close();
