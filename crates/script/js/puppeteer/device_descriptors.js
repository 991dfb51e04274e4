// The list of devices, where Puppeteer 1 had it: a module of its own.
import { puppeteer } from "internal:puppeteer/puppeteer";

export default puppeteer.devices;
